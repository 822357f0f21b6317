"""Idle worker threads and a main thread that waits for a request: nothing is wrong."""
import concurrent.futures
import os
import queue

pool = concurrent.futures.ThreadPoolExecutor(4)
list(pool.map(abs, range(8)))
os.write(99, f"role service {os.getpid()}\n".encode())
os.close(99)
requests = queue.Queue()
requests.get()
