"""forked_pool.py: a worker is forked while a thread has a lock, and wants the lock; its parent reads the pipe that the worker was to write to.

ZOO_FORM=healthy: the worker sleeps instead.
"""
import os
import threading
import time

READY = 99
lock = threading.Lock()
read, write = os.pipe()
taken, go = threading.Event(), threading.Event()


def announce(role):
    os.write(READY, f"role {role} {os.getpid()}\n".encode())


def hold():
    with lock:
        taken.set()
        go.wait()


def idle():
    threading.Event().wait()


threading.Thread(target=hold, daemon=True).start()
threading.Thread(target=idle, daemon=True).start()
taken.wait()
pid = os.fork()
if pid == 0:
    os.close(read)
    announce("worker")
    os.close(READY)
    while os.environ.get("ZOO_FORM") == "healthy":
        time.sleep(0.05)
    lock.acquire()
    os._exit(0)
announce("parent")
os.close(write)
os.close(READY)
os.read(read, 1)
