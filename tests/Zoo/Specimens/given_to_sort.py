# given_to_sort.py ZOO_EXEC: sort is told to read /dev/fd/N, which it was given and opens once more, closed on exec. What a command left behind has the
# write end. ZOO_FORM=healthy: the command is at work, a sibling of sort's.
import os
import subprocess
import sys

zoo_exec = sys.argv[1]
read, write = os.pipe()
os.write(99, b"role parent %d\n" % os.getpid())
sort = subprocess.Popen([zoo_exec, "runner", "sort", f"/dev/fd/{read}"], pass_fds=[read, 99])
command = [zoo_exec, "leftover", "sleep", "1000"]
if os.environ.get("ZOO_FORM") == "healthy":
    subprocess.Popen(command, stdout=write, pass_fds=[99])
else:
    subprocess.run(["sh", "-c", '"$@" &', "sh", *command], stdout=write, pass_fds=[99])
for fd in (read, write, 99):
    os.close(fd)
sort.wait()
