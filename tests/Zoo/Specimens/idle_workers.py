"""idle_workers.py HOW: threads that wait for work, each for its own, and a main thread that waits for a signal. Nothing is wrong.

handler   in Event.wait(): its handler of SIGTERM sets the event
sigwait   in sigwait(3)
pause     in pause(2)
timer     in Event.wait(), and a timer is going to bring work
"""
import os
import queue
import signal
import sys
import threading

how = sys.argv[1]
queues = [queue.Queue() for _ in range(3)]
for work in queues:
    threading.Thread(target=work.get, daemon=True).start()
stop = threading.Event()
if how == "handler":
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
if how == "timer":
    timer = threading.Timer(1000, lambda: queues[0].put(None))
    timer.daemon = True
    timer.start()
os.write(99, f"role service {os.getpid()}\n".encode())
os.close(99)
if how == "sigwait":
    signal.sigwait({signal.SIGTERM})
elif how == "pause":
    signal.pause()
else:
    stop.wait()
