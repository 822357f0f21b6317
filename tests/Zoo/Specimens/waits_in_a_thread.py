"""waits_in_a_thread.py thread|pool|pool-that-keeps-it|shell ZOO_EXEC: not the main thread, but a thread that has a lock, or a worker of a pool, waits for a filter whose input this program keeps open: another thread is to close it, and needs the lock; or the
main one, when the pool has an answer. Or two workers have each a filter, and keep its input as well; or the filter is the command of a shell, which alone has the output that a thread reads.

ZOO_FORM=healthy: who is to close it is at work before; or the worker is, and has no filter yet.
"""
import multiprocessing
import os
import subprocess
import sys
import threading
import time

HEALTHY = os.environ.get("ZOO_FORM") == "healthy"
how, zoo_exec = sys.argv[1:]
read, write = os.pipe()
lock = threading.Lock()
waits = threading.Event()


def announce(role):
    os.write(99, f"role {role} {os.getpid()}\n".encode())


def run_filter():
    return subprocess.Popen([zoo_exec, "filter", "cat"], stdin=read, pass_fds=(99,))


def wait_for_filter():
    with lock:
        child = run_filter()
        os.close(99)
        waits.set()
        child.wait()


def close_input():
    waits.wait()
    while HEALTHY:
        time.sleep(0.05)
    with lock:
        os.close(write)


def work(_):
    os.close(write)
    announce("worker")
    if HEALTHY:
        os.close(99)
        time.sleep(1000)
    child = run_filter()
    os.close(99)
    return child.wait()


def work_beside(number):
    announce(f"worker{number}")
    os.close(99)
    if HEALTHY and number == 1:
        time.sleep(1000)
    return subprocess.call(["cat"], stdin=read)


def read_output():
    command = "sleep 1000; true" if HEALTHY else "cat > /dev/null; true"
    child = subprocess.Popen([zoo_exec, "shell", "sh", "-c", command], stdin=read, stdout=subprocess.PIPE, pass_fds=(99,))
    os.close(99)
    child.stdout.read()


announce("program")
if how == "thread":
    threads = [threading.Thread(target=target) for target in (wait_for_filter, close_input)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
elif how == "shell":
    thread = threading.Thread(target=read_output)
    thread.start()
    thread.join()
elif how == "pool-that-keeps-it":
    with multiprocessing.get_context("fork").Pool(2) as pool:
        os.close(99)
        pool.map(work_beside, range(2), chunksize=1)
else:
    with multiprocessing.get_context("fork").Pool(1) as pool:
        os.close(99)
        pool.map(work, [0])
