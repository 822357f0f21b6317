"""idle_processes.py HOW: processes that wait for work from a main thread that waits in Event.wait() until Ctrl-C comes. Nothing is wrong.

pool      of multiprocessing
executor  of concurrent.futures
queues    each process at a queue of its own
"""
import multiprocessing
import os
import sys
import threading
from concurrent.futures import ProcessPoolExecutor

fork = multiprocessing.get_context("fork")


def close_announcement():
    os.close(99)


def serve(queue):
    close_announcement()
    while queue.get():
        pass


if sys.argv[1] == "pool":
    pool = fork.Pool(2, close_announcement)
    pool.map(abs, range(8), chunksize=1)
elif sys.argv[1] == "executor":
    pool = ProcessPoolExecutor(2, fork, close_announcement)
    list(pool.map(abs, range(8)))
else:
    for queue in [fork.SimpleQueue(), fork.SimpleQueue()]:
        fork.Process(target=serve, args=(queue,), daemon=True).start()
os.write(99, f"role service {os.getpid()}\n".encode())
os.close(99)
threading.Event().wait()
