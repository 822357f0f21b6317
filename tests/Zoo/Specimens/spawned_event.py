"""spawned_event.py HOW: processes of multiprocessing that were started anew (spawn), and so got their semaphores by name, which stay until the end.

event     a child waits for an event that its parent never sets; the parent waits for the child
worker    a child holds the lock of a queue and was killed; another one waits for that lock, and the parent for this one (fork)
ZOO_FORM=healthy: the parent is at work.
"""
import multiprocessing
import os
import signal
import sys
import time


def announce(role, fd):
    os.write(fd, f"role {role} {os.getpid()}\n".encode())
    os.close(fd)


def wait_for_event(event, ready, parent):
    announce("child", os.open(f"/proc/{parent}/fd/99", os.O_WRONLY))
    ready.set()
    event.wait()


def take_work(queue, ready, role):
    if role:
        announce(role, 99)
    else:
        os.close(99)
    ready.set()
    queue.get()


if __name__ == "__main__":
    how = sys.argv[1]
    context = multiprocessing.get_context("fork" if how == "worker" else "spawn")
    ready = context.Event()
    if how == "event":
        event = context.Event()
        child = context.Process(target=wait_for_event, args=(event, ready, os.getpid()))
    else:
        queue = context.Queue()
        dead = context.Process(target=take_work, args=(queue, ready, ""))
        dead.start()
        ready.wait()
        ready.clear()
        while queue._rlock.acquire(False):
            queue._rlock.release()
        os.kill(dead.pid, signal.SIGKILL)
        dead.join()
        child = context.Process(target=take_work, args=(queue, ready, "child"))
    child.start()
    ready.wait()
    announce("parent", 99)
    while os.environ.get("ZOO_FORM") == "healthy":
        time.sleep(0.05)
    child.join()
