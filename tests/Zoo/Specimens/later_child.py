"""later_child.py inherit|pass-fds: a Popen of two filters; the later one gets the write end of the first's stdin as well, by close_fds=False or by pass_fds.

later_child.py output: a filter gets, by close_fds=False, the write end of what another child writes, who has exited; the parent reads that to its end.

ZOO_FORM=busy: the later one is at work.
"""
import os
import subprocess
import sys

how, busy = sys.argv[1], os.environ.get("ZOO_FORM") == "busy"
zoo_exec = sys.argv[2]
command = [zoo_exec, "later", *(["sleep", "1000"] if busy else ["cat"])]
os.write(99, f"role parent {os.getpid()}\n".encode())
os.set_inheritable(99, True)
if how == "output":
    output, written = os.pipe()
    os.set_inheritable(written, True)
    later = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, close_fds=False)
    subprocess.run(["echo", "all that there is"], stdout=written, check=True)
    os.close(written)
    os.close(99)
    while os.read(output, 4096):
        pass
    later.stdin.close()
    later.wait()
    sys.exit(0)
first = subprocess.Popen([zoo_exec, "filter", "cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, pass_fds=[99])
own = first.stdin.fileno()
os.set_inheritable(own, True)
extra = {"close_fds": False} if how == "inherit" else {"pass_fds": [99, own]}
later = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, **extra)
first.stdin.close()
os.close(99)
first.wait()
later.stdin.close()
later.wait()
