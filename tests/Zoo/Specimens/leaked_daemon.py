"""leaked_daemon.py HOW ZOO_EXEC: who else has the write end of a pipe whose writer is gone.

daemon   a daemon that was started in between, in a session of its own, has inherited it and does not use it
log      nothing is wrong: the pipe is the daemon's stdout, and the reader collects its log
lifeline a helper reads a pipe until it ends; its starter waits for it, and a forked copy of the starter has the write end (a resource tracker)
held     nothing is wrong: the starter still has the write end of the helper's lifeline itself, and is at work
"""
import os
import subprocess
import sys
import time

READY_FD = 99
HOW, ZOO_EXEC = sys.argv[1], sys.argv[2]


def run(role, argv, **options):
    return subprocess.Popen([ZOO_EXEC, role, *argv], **options)


os.write(READY_FD, f"role starter {os.getpid()}\n".encode())
read, write = os.pipe()
if HOW in ("daemon", "log"):
    run("daemon", ["sleep", "1000"], stdin=subprocess.DEVNULL, stdout=write if HOW == "log" else subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True, pass_fds=[READY_FD] if HOW == "log" else [READY_FD, write])
    reader = run("reader", ["cat"], stdin=read, stdout=subprocess.DEVNULL, pass_fds=[READY_FD])
    subprocess.run(["true"], stdout=write, check=True)
else:
    reader = run("reader", ["python3", "-c", f"import os\nwhile os.read({read}, 1): pass"], stdin=subprocess.DEVNULL, pass_fds=[READY_FD, read])
os.close(read)
if HOW == "lifeline" and os.fork() == 0:
    os.write(READY_FD, f"role copy {os.getpid()}\n".encode())
    os.close(READY_FD)
    time.sleep(1000)
    os._exit(0)
if HOW != "held":
    os.close(write)
os.close(READY_FD)
if HOW == "held":
    time.sleep(1000)
os.waitpid(reader.pid, 0)
