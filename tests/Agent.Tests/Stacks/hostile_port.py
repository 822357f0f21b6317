"""hostile_port.py PATH WHAT: listens on a socket at PATH, %d in it is its pid, answers whoever comes with WHAT; says "ready", tells of
SIGQUIT, and answers each line with itself; ends with its stdin."""
import os
import signal
import socket
import sys
import threading

path = sys.argv[1].replace("%d", str(os.getpid()))
success = b"DOTNET_IPC_V1\0" + (28).to_bytes(2, "little") + bytes([255, 0, 0, 0]) + bytes(8)
magic = b"Nettrace\x14\0\0\0!FastSerialization.1"


def block(name, content):
    """An object without padding: good for those that are repeated at multiples of four."""
    return bytes([5, 5, 1]) + bytes([2, 0, 0, 0]) * 2 + len(name).to_bytes(4, "little") + name + bytes([6]) + content + bytes([6])


answers = {
    "silence": (b"", b""),
    "silent-session": (success, b""),
    "garbage": (bytes(range(256)), bytes(range(256))),
    "garbage-in-session": (success, bytes(range(256))),
    "refusal": (b"DOTNET_IPC_V1\0" + (28).to_bytes(2, "little") + bytes([255, 255, 0, 0]) + bytes(8), b""),
    "huge-block": (success + magic + block(b"EventBlock", b"\xff\xff\xff\x7f"), b""),
    "endless-session": (success + magic, block(b"Trace", bytes(48)) * 500),
    "endless-dump": (b"0\n", b'"one" #1 nid=0x1 runnable\n\tat A.b(A.java:1)\n' * 500),
}


def serve(connection, first, endless):
    with connection:
        try:
            connection.recv(1000)
            connection.sendall(first)
            while endless:
                connection.sendall(endless)
            while connection.recv(1000):
                pass
        except OSError:
            pass


def accept():
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection, *answers[sys.argv[2]]), daemon=True).start()


listener = socket.socket(socket.AF_UNIX)
listener.bind(path)
try:
    listener.listen()
    threading.Thread(target=accept, daemon=True).start()
    signal.signal(signal.SIGQUIT, lambda *_: print("SIGQUIT", flush=True))
    print("ready", flush=True)
    for line in sys.stdin:
        print(line, end="", flush=True)
finally:
    os.unlink(path)
