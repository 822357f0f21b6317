"""forked_worker.py: a worker is forked while a thread has a lock, and wants the lock; its parent joins it, and the thread has other things to do.

ZOO_FORM=healthy: the worker sleeps instead.
"""
import multiprocessing
import os
import threading
import time

READY = 99
lock = threading.RLock()
taken = threading.Event()


def announce(role):
    os.write(READY, f"role {role} {os.getpid()}\n".encode())


def at_work():
    with lock:
        taken.set()
        while True:
            time.sleep(0.05)


def work():
    announce("worker")
    os.close(READY)
    while os.environ.get("ZOO_FORM") == "healthy":
        time.sleep(0.05)
    with lock:
        pass


threading.Thread(target=at_work, daemon=True).start()
taken.wait()
multiprocessing.set_start_method("fork")
worker = multiprocessing.Process(target=work)
worker.start()
announce("parent")
os.close(READY)
worker.join()
