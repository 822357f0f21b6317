"""leaked_output.py HOW ZOO_EXEC: a runner that reads its job's output to the end. The job is gone; what it started still has the output open.

one        one pipe, read by read(2)
two        stdout and stderr, watched by poll(2)
ticks      one pipe, for which it looks five times a second, and does something else in between
ticked     the same, and nothing is wrong, as in waited
limit      one pipe, watched by poll(2), for ten minutes at most; healthy, the job itself lives on
killed     the job is killed and waited for, then its output is read, as Popen.kill() and communicate() do
zombie     the job is killed and not waited for
setsid     the leftover leads a session of its own
twice      forked twice: the parent of the leftover's parent is gone as well
deep       the leftover has a child of its own that holds the output too
many       five leftovers
busy       the leftover uses the CPU
chatty     the leftover writes a little, again and again
listening  the leftover waits in accept(2)
adopts     the runner adopts orphans, as the first process of a container does: the leftover becomes its own child
adopts-and-waits  the same, and nothing is wrong, as in waited
waited     nothing is wrong: the job itself lives on, and waits for what it started
"""
import ctypes
import os
import select
import signal
import subprocess
import sys

READY_FD = 99
HOW, ZOO_EXEC = sys.argv[1], sys.argv[2]
LIVES_ON = HOW in ("waited", "adopts-and-waits", "ticked") or os.environ.get("ZOO_FORM") == "healthy"
LEFTOVER = f'"{ZOO_EXEC}" leftover sleep 1000'
JOBS = {
    "setsid": f"setsid {LEFTOVER} & ",
    "twice": f"({LEFTOVER} &) ; ",
    "deep": f"bash -c '{LEFTOVER} & exec 99>&-; wait' & ",
    "many": "".join(f'"{ZOO_EXEC}" leftover-{i} sleep 1000 & ' for i in range(5)),
    "busy": f'"{ZOO_EXEC}" leftover bash -c "echo 19 2>/dev/null >/proc/self/autogroup; while :; do :; done" & ',  # whatever else stands on the machine goes first
    "chatty": f'"{ZOO_EXEC}" leftover python3 -uc "import time; [(print(), time.sleep(0.2)) for more in iter(int, 1)]" & ',
    "listening": f'"{ZOO_EXEC}" leftover python3 -c "import socket; s = socket.create_server((\'127.0.0.1\', 0)); s.accept()" & ',
}
WAITING = f"{LEFTOVER} & exec 99>&-; wait"

os.write(READY_FD, f"role runner {os.getpid()}\n".encode())
if HOW.startswith("adopts"):
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
two = HOW == "two"
job = subprocess.Popen(
    ["bash", "-c", WAITING if LIVES_ON or HOW in ("killed", "zombie") else JOBS.get(HOW, f"{LEFTOVER} & ")],
    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE if two else None, pass_fds=[READY_FD])
if HOW in ("killed", "zombie"):
    # The leftover has to be there before its parent is killed: it says so when bash has forked.
    while not open(f"/proc/{job.pid}/task/{job.pid}/children").read():
        pass
    os.kill(job.pid, signal.SIGKILL)
if not LIVES_ON and HOW != "zombie":
    job.wait()
os.close(READY_FD)
if two:
    watched = select.poll()
    for stream in (job.stdout, job.stderr):
        watched.register(stream, select.POLLIN)
    watched.poll()
if HOW == "limit":
    watched = select.poll()
    watched.register(job.stdout, select.POLLIN)
    watched.poll(600_000)
while HOW.startswith("tick") and not select.select([job.stdout], [], [], 0.2)[0]:
    pass
job.stdout.read()
job.wait()
