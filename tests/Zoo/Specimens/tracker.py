"""A parent stops its tracker by closing the tracker's pipe and waits for it; a child that it forked before has the pipe as well, and waits for the parent.

ZOO_FORM=busy: the forked child is at work. ZOO_FORM=asleep: it sleeps, as one does that writes now and then.
"""
import os
import time


def announce(role):
    os.write(99, f"role {role} {os.getpid()}\n".encode())


announce("parent")
tracked_read, tracked_write = os.pipe()
tracker = os.fork()
if tracker == 0:
    os.close(tracked_write)
    announce("tracker")
    os.close(99)
    while os.read(tracked_read, 100):
        pass
    os._exit(0)
os.close(tracked_read)
work_read, work_write = os.pipe()
if os.fork() == 0:
    os.close(work_write)
    announce("forked")
    os.close(99)
    while os.environ.get("ZOO_FORM") == "busy":
        time.sleep(0.05)
    if os.environ.get("ZOO_FORM") == "asleep":
        time.sleep(1000)
    os.read(work_read, 1)
    os._exit(0)
os.close(work_read)
os.close(tracked_write)
os.close(99)
os.waitpid(tracker, 0)
