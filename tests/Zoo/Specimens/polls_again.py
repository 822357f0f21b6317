"""polls_again.py HOW ZOO_EXEC: looks at its child's output again and again, never for longer than a tenth of a second.

filter   the child waits for its input, which the parent never closes
worker   nothing is wrong: the child is at work
"""
import os
import select
import subprocess
import sys

READY_FD = 99
how, zoo_exec = sys.argv[1], sys.argv[2]
os.write(READY_FD, f"role parent {os.getpid()}\n".encode())
child = subprocess.Popen([zoo_exec, "child", *(["cat"] if how == "filter" else ["sleep", "1000"])], stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=[READY_FD])
os.close(READY_FD)
while not select.select([child.stdout], [], [], 0.1)[0]:
    pass
