"""A thread waits in read(2) for ever; the first answers each byte of stdin."""
import os
import threading

ends = os.pipe()


def wait_for_end(fd):
    while os.write(1, b"r") and os.read(fd, 1):  # HERE
        pass


threading.Thread(target=wait_for_end, args=(ends[0],), daemon=True).start()
while os.read(0, 1):
    os.write(1, b"a")
