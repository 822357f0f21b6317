"""terminal_to_its_end.py HOW ZOO_EXEC: runs a job in a pseudoterminal and reads its output to the end, which comes when nobody has the terminal open any more.

left     the job is gone; what it started, in a session of its own, still has the terminal open
polled   the same, watched by select(2)
kept     the job is gone; the runner itself still has the terminal open, which it has opened for the job
offered  nothing is wrong: a serial line, for others to open by its name; who plays it keeps it open so that reads do not fail meanwhile

ZOO_FORM=healthy: nothing is wrong: the job lives on.
"""
import os
import pty
import select
import sys

READY_FD = 99
HOW, ZOO_EXEC = sys.argv[1], sys.argv[2]
LIVES_ON = os.environ.get("ZOO_FORM") == "healthy"


def become(role):
    os.execv(ZOO_EXEC, [ZOO_EXEC, role, "sleep", "1000"])


def job():
    for fd in (0, 1, 2):
        os.dup2(slave, fd)
    os.closerange(3, READY_FD)
    if LIVES_ON:
        become("job")
    if HOW != "kept":
        started, starting = os.pipe()
        if os.fork() == 0:
            os.setsid()
            become("leftover")
        os.close(starting)
        os.read(started, 1)  # its end: what was forked has become another program
    os._exit(0)


os.write(READY_FD, f"role runner {os.getpid()}\n".encode())
master, slave = pty.openpty()
if HOW != "offered":
    pid = os.fork()
    if pid == 0:
        job()
    if HOW == "kept":
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | (os.WNOHANG if LIVES_ON else 0))
    else:
        os.close(slave)
        if not LIVES_ON:
            os.waitpid(pid, 0)
os.close(READY_FD)
if HOW == "polled":
    select.select([master], [], [])
try:
    while os.read(master, 4096):
        pass
except OSError:  # EIO: nobody has it open any more
    pass
