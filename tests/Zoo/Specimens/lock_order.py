"""lock_order.py HOW: two threads that take two locks, and a main thread that waits for them.

caught    SIGINT has the handler that the interpreter gives it
ignored   SIGINT is ignored

ZOO_FORM=healthy: both take them in the same order: the first works for as long as it has them.
"""
import os
import signal
import sys
import threading
import time

if sys.argv[1] == "ignored":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
healthy = os.environ.get("ZOO_FORM") == "healthy"
one, two = threading.Lock(), threading.Lock()
both_have_one = threading.Barrier(2 + 1)


def take(first, second):
    if healthy:
        both_have_one.wait()
    with first:
        if not healthy:
            both_have_one.wait()
        with second:
            while True:
                time.sleep(1)


order = [(one, two), (one, two) if healthy else (two, one)]
for locks in order:
    threading.Thread(target=take, args=locks).start()
both_have_one.wait()
os.write(99, f"role runner {os.getpid()}\n".encode())
os.close(99)
