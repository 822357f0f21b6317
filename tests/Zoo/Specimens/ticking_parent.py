"""ticking_parent.py filter|worker ZOO_EXEC: a program waits for its child, and beside it a thread counts the time, ten times a second.

filter     the child reads to its end what the program never closes
worker     nothing is wrong: the child works
ZOO_FORM=event: it counts by waiting for what nobody tells it
ZOO_FORM=feeder: nothing is wrong: the main thread sleeps, looks and sleeps again, and would give the filter its work; another one waits for the filter
"""
import os
import subprocess
import sys
import threading
import time

COMMANDS = {"filter": ["cat"], "worker": ["sleep", "1000"]}
FORM = os.environ.get("ZOO_FORM")
how, zoo_exec = sys.argv[1:]


def tick():
    wait = threading.Event().wait if FORM == "event" else time.sleep
    while True:
        wait(0.1)


os.write(99, f"role program {os.getpid()}\n".encode())
child = subprocess.Popen([zoo_exec, "child", *COMMANDS[how]], stdin=subprocess.PIPE, pass_fds=(99,))
tasks = [tick, child.wait]
beside, main = reversed(tasks) if FORM == "feeder" else tasks
threading.Thread(target=beside, daemon=True).start()
os.close(99)
main()
