"""Writes all input to a filter before it reads any of its output. ZOO_FORM=busy: the filter takes its time instead."""
import os
import subprocess
import sys

os.write(99, f"role parent {os.getpid()}\n".encode())
busy = os.environ.get("ZOO_FORM") == "busy"
filter = subprocess.Popen([sys.argv[1], "filter", *(["sleep", "1000"] if busy else ["cat"])], stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=[99])
os.close(99)
filter.stdin.write(bytes(1 << 20))
filter.stdin.close()
filter.stdout.read()
filter.wait()
