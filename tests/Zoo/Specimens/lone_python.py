"""lone_python.py HOW [ZOO_EXEC]: nobody but a signal could wake it, and of those it catches SIGINT alone, as Python does in every program.

pipe      it reads a pipe to its end and has the write end itself
thread    so does a thread of it, for which the main one waits
fork      its forked child waits for a lock that a thread of it had, and it waits for any child
terminal  a loop waits for what a child writes to the terminal, and the child for a line

ZOO_FORM=healthy: a handler of SIGTERM is to end it; in fork the child is at work.
"""
import asyncio
import os
import pty
import signal
import sys
import threading
import time

HEALTHY = os.environ.get("ZOO_FORM") == "healthy"


def announce(role):
    os.write(99, f"role {role} {os.getpid()}\n".encode())
    os.close(99)


def fork():
    lock = threading.Lock()
    forked = threading.Event()

    def work():
        with lock:
            forked.wait()

    other = threading.Thread(target=work)
    other.start()
    while not lock.locked():
        pass
    if os.fork() == 0:
        announce("worker")
        while HEALTHY:
            time.sleep(0.05)
        with lock:
            os._exit(0)
    forked.set()
    other.join()
    announce("program")
    os.wait()


async def terminal(zoo_exec):
    master, slave = pty.openpty()
    await asyncio.create_subprocess_exec(
        zoo_exec, "child", "sh", "-c", "read line", stdin=slave, stdout=slave, stderr=slave, start_new_session=True, pass_fds=(99,))
    os.close(slave)
    loop = asyncio.get_running_loop()
    loop.add_reader(master, lambda: os.read(master, 100))
    end = asyncio.Event()
    if HEALTHY:
        loop.add_signal_handler(signal.SIGTERM, end.set)
    announce("program")
    await end.wait()


how = sys.argv[1]
if how == "fork":
    fork()
elif how == "terminal":
    asyncio.run(terminal(sys.argv[2]))
else:
    read, write = os.pipe()
    if HEALTHY:
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    announce("program")
    if how == "pipe":
        os.read(read, 1)
    else:
        reader = threading.Thread(target=os.read, args=(read, 1))
        reader.start()
        reader.join()
