"""A pool of one thread, whose task waits for another task of the same pool; the main thread waits for the first. ZOO_FORM=healthy: the task takes its time."""
import os
import time
from concurrent.futures import ThreadPoolExecutor

pool = ThreadPoolExecutor(1)
healthy = os.environ.get("ZOO_FORM") == "healthy"


def first():
    if healthy:
        time.sleep(1000)
    second = pool.submit(int)
    os.write(99, f"role runner {os.getpid()}\n".encode())
    os.close(99)
    return second.result()


answer = pool.submit(first)
if healthy:
    os.write(99, f"role runner {os.getpid()}\n".encode())
    os.close(99)
answer.result()
