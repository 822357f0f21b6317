"""Captures its own stdout in a pipe, which it means to read when all is written. ZOO_FORM=fits: what it writes fits into the pipe, and it goes on with its work."""
import os
import time

os.write(99, f"role program {os.getpid()}\n".encode())
read, write = os.pipe()
os.dup2(write, 1)
os.close(write)
os.close(99)
if os.environ.get("ZOO_FORM") == "fits":
    os.write(1, b"x" * 1_000)
    while True:
        time.sleep(0.05)
os.write(1, b"x" * 100_000)
print(len(os.read(read, 100_000)))
