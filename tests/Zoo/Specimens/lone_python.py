"""lone_python.py HOW [ZOO_EXEC]: nobody but a signal could wake it, and of those it catches SIGINT alone, as Python does in every program.

pipe      it reads a pipe to its end and has the write end itself
thread    so does a thread of it, for which the main one waits
pair      it waits for the answer of a worker that has died, over a connection (multiprocessing.Pipe) of which it has the worker's end itself
fork      its forked child waits for a lock that a thread of it had, and it waits for any child
select    it waits for a child that waits in select(2) for the end of a pipe of which it has the write end itself
epoll     so it does, over a socket, in epoll_wait(2)
fifo      it reads a FIFO that it has opened for both directions and unlinked
eventfd   it reads an eventfd that nobody else has
memory    it waits for a lock in shared memory, and the worker that had it was killed
pool      it waits for a result of a pool of processes, and the worker that was at it was killed
terminal  a loop waits for what a child writes to the terminal, and the child for a line

ZOO_FORM=healthy: a handler of SIGTERM is to end it; in fork and pair the child is at work, in select and epoll it is an event loop without work, with its bell, and in pool the result has come and it waits for Ctrl-C.
"""
import asyncio
import multiprocessing
import os
import pty
import select
import signal
import socket
import sys
import tempfile
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


def fifo():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "fifo")
        os.mkfifo(path)
        end = os.open(path, os.O_RDWR)
    announce("program")
    os.read(end, 1)


def eventfd():
    own = os.eventfd(0)
    announce("program")
    os.eventfd_read(own)


def answer(connection):
    leave()
    while HEALTHY:
        time.sleep(0.05)
    os._exit(1)


def pair():
    context = multiprocessing.get_context("fork")
    own, of_worker = context.Pipe()
    worker = context.Process(target=answer, args=(of_worker,), daemon=True)
    worker.start()
    if not HEALTHY:
        worker.join()
    announce("program")
    own.recv()


def await_own_end(how):
    worker = os.fork()
    if worker:
        announce("program")
        os.waitpid(worker, 0)
        return
    announce("worker")
    if HEALTHY:
        asyncio.run(asyncio.Event().wait())
    if how == "select":
        own, _write = os.pipe()
        select.select([own], [], [])
    else:
        own, _other = socket.socketpair()
        poll = select.epoll()
        poll.register(own, select.EPOLLIN)
        poll.poll()


def die(lock):
    lock.acquire()
    os.kill(os.getpid(), signal.SIGKILL)


def memory():
    context = multiprocessing.get_context("fork")
    lock = context.Lock()
    worker = context.Process(target=die, args=(lock,))
    worker.start()
    worker.join()
    announce("program")
    lock.acquire()


def leave():
    """A worker that is made later finds nothing to close."""
    try:
        os.close(99)
    except OSError:
        pass


def ticks():
    return int(time.clock_gettime(time.CLOCK_BOOTTIME) * os.sysconf("SC_CLK_TCK"))


def die_at_work(main):
    """Not before the main thread waits, and the clock by which the ages of processes are told has gone on."""
    since = ticks()
    while ticks() < since + 5:
        with open(f"/proc/{main}/wchan") as wchan:
            if not wchan.read().startswith("futex"):
                since = ticks()
    os.kill(os.getpid(), signal.SIGKILL)


def pool():
    with multiprocessing.get_context("fork").Pool(2, leave) as workers:
        result = workers.apply_async(abs if HEALTHY else die_at_work, [os.getpid()])
        if HEALTHY:
            result.wait()
        announce("program")
        (threading.Event().wait if HEALTHY else result.get)()


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
if HEALTHY and how in ("eventfd", "fifo", "memory", "pipe", "thread"):
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
if how in ("fork", "pair", "fifo", "eventfd", "memory", "pool"):
    {"fork": fork, "pair": pair, "fifo": fifo, "eventfd": eventfd, "memory": memory, "pool": pool}[how]()
elif how in ("select", "epoll"):
    await_own_end(how)
elif how == "terminal":
    asyncio.run(terminal(sys.argv[2]))
else:
    read, write = os.pipe()
    announce("program")
    if how == "pipe":
        os.read(read, 1)
    else:
        reader = threading.Thread(target=os.read, args=(read, 1))
        reader.start()
        reader.join()
