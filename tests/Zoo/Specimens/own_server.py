"""A server's thread and its client in one process, as in a test: the server reads a request to its end, which the client never shuts down, and the client waits for the answer.

ZOO_FORM=healthy: the server does not wait for the end, and is at work on the answer.
"""
import os
import socket
import threading
import time

listener = socket.create_server(("127.0.0.1", 0))


def serve():
    connection, _ = listener.accept()
    listener.close()
    request = connection.recv(100)
    if os.environ.get("ZOO_FORM") == "healthy":
        time.sleep(1000)
    while request:
        request = connection.recv(100)
    connection.sendall(b"answer")


server = threading.Thread(target=serve)
server.start()
client = socket.create_connection(listener.getsockname())
client.sendall(b"request")
os.write(99, f"role runner {os.getpid()}\n".encode())
os.close(99)
client.recv(100)
