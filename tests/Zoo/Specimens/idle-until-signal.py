"""A service that sleeps until somebody signals it, as many do: its handler of SIGTERM sets the event."""
import os
import signal
import threading

stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
os.write(99, f"role service {os.getpid()}\n".encode())
os.close(99)
stop.wait()
