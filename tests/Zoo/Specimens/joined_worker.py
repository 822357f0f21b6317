"""A parent joins its worker, which waits for an event that nobody in it will ever set; with the argument "shared" one that the parent could set, in memory of both.
ZOO_FORM=busy: the worker is at work instead."""
import multiprocessing
import os
import sys
import threading
import time

READY = 99


def work():
    os.write(READY, f"role worker {os.getpid()}\n".encode())
    os.close(READY)
    while os.environ.get("ZOO_FORM") == "busy":
        time.sleep(0.05)
    event.wait()


multiprocessing.set_start_method("fork")
event = multiprocessing.Event() if "shared" in sys.argv else threading.Event()
os.write(READY, f"role parent {os.getpid()}\n".encode())
worker = multiprocessing.Process(target=work)
worker.start()
os.close(READY)
worker.join()
