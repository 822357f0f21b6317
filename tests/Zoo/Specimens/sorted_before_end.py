"""Reads what sort(1) has sorted before it has told it that its input is over. sort catches whatever would end it, to clean up first, SIGALRM among them.

ZOO_FORM=alarm: the parent has set an alarm, and gives up when it rings.
"""
import os
import signal
import subprocess
import sys

os.write(99, f"role parent {os.getpid()}\n".encode())
sort = subprocess.Popen([sys.argv[1], "sort", "sort"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=[99])
os.close(99)
sort.stdin.write(b"b\na\n")
sort.stdin.flush()
if os.environ.get("ZOO_FORM") == "alarm":
    signal.signal(signal.SIGALRM, lambda *_: sort.kill())
    signal.alarm(250)
sort.stdout.read()
