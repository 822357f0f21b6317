"""leaks_to_a_server.py HOW ZOO_EXEC: what it hangs in does not change because a server that it has started before was given all that was open, and idles.

filter   it waits for a filter to exit, of whose input it has kept the write end
answer   it waits for the answer of one, whose input it has kept

ZOO_FORM=healthy: the server is given nothing, and the filter comes to its end; the server is waited for.
"""
import os
import subprocess
import sys

HEALTHY = os.environ.get("ZOO_FORM") == "healthy"
how, zoo_exec = sys.argv[1:]


def announce(role):
    os.write(99, f"role {role} {os.getpid()}\n".encode())
    os.close(99)


def pipe():
    ends = os.pipe()
    for end in ends:
        os.set_inheritable(end, not HEALTHY)
    return ends


question_read, question_write = pipe()
answer_read, answer_write = pipe()
kept = {"close_fds": True, "pass_fds": (99,)} if HEALTHY else {"close_fds": False}
server = subprocess.Popen([zoo_exec, "server", "sleep", "1000"], **kept)
worker = subprocess.Popen([zoo_exec, "filter", "tac"], stdin=question_read, stdout=answer_write if how == "answer" else subprocess.DEVNULL, close_fds=True, pass_fds=(99,))
os.close(question_read)
os.close(answer_write)
os.write(question_write, b"line\n")
if HEALTHY:
    os.close(question_write)
announce("runner")
if how == "answer":
    while os.read(answer_read, 4096):
        pass
worker.wait()
server.wait()
