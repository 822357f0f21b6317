"""A pool of threads without work, its main thread in Event.wait(), that ignores SIGINT: whoever started it ends it with SIGTERM."""
import os
import signal
import threading
from queue import SimpleQueue

signal.signal(signal.SIGINT, signal.SIG_IGN)
queue = SimpleQueue()
started = threading.Barrier(4)


def serve():
    started.wait()
    queue.get()


for _ in range(3):
    threading.Thread(target=serve, daemon=True).start()
started.wait()
os.write(99, f"role pool {os.getpid()}\n".encode())
os.close(99)
threading.Event().wait()
