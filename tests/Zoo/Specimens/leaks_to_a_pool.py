"""leaks_to_a_pool.py HOW ZOO_EXEC: a filter is started, and then a pool of processes, whose workers have what was open there: the end of the filter's input does not come, for they wait for work.

pool      of multiprocessing, of two workers
executor  of concurrent.futures, of one

ZOO_FORM=healthy: the pool comes first, the filter comes to its end, and a worker is at work.
"""
import multiprocessing
import os
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor

HEALTHY = os.environ.get("ZOO_FORM") == "healthy"
how, zoo_exec = sys.argv[1:]
fork = multiprocessing.get_context("fork")


def announce(role):
    if role:
        os.write(99, f"role {role} {os.getpid()}\n".encode())
    os.close(99)


def workers():
    if how == "pool":
        pool = fork.Pool(2, announce, (None,))
        pool.map(abs, range(8), chunksize=1)
        return pool.apply
    pool = ProcessPoolExecutor(1, fork, announce, ("worker",))
    pool.submit(abs, 1).result()
    return lambda *work: pool.submit(work[0], *work[1]).result()


if HEALTHY:
    apply = workers()
child = subprocess.Popen([zoo_exec, "filter", "sort"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, pass_fds=(99,))
if not HEALTHY:
    apply = workers()
announce("runner")
child.stdin.close()
child.wait()
apply(time.sleep, (1000,))
