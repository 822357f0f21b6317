"""The founding hang, eof form, in another language: three forked processes, their services are Python threads.

Python catches SIGINT by itself, so unlike the C form each process here has a signal handler.
"""
import os
import threading

READY_FD = 99


def announce(role):
    os.write(READY_FD, f"role {role} {os.getpid()}\n".encode())


class Arrivals:
    """Closes the announcement when the last of the threads is about to block."""

    def __init__(self, threads):
        self.lock = threading.Lock()
        self.to_come = threads

    def arrive(self):
        with self.lock:
            self.to_come -= 1
            if self.to_come == 0:
                os.close(READY_FD)


def read_to_end(fd):
    while os.read(fd, 4096):
        pass


def served_child(lifeline):
    announce("served-child")
    for fd in (0, 1, 2):
        os.dup(fd)
    os.write(1, b"the work is done\n")
    stopping = threading.Event()
    arrivals = Arrivals(7)

    def watch_lifeline():
        arrivals.arrive()
        read_to_end(lifeline)
        stopping.set()

    def serve():
        arrivals.arrive()
        stopping.wait()

    services = [threading.Thread(target=serve if i else watch_lifeline) for i in range(6)]
    for service in services:
        service.start()
    arrivals.arrive()
    for service in services:
        service.join()
    os._exit(0)


def contract_tests():
    announce("contract-tests")
    own_pipes = os.pipe(), os.pipe()
    in_read, in_write = os.pipe()
    out_read, out_write = os.pipe()
    err_read, err_write = os.pipe()
    lifeline_read, lifeline_write = os.pipe()
    child = os.fork()
    if child == 0:
        for source, fd in ((in_read, 0), (out_write, 1), (err_write, 2)):
            os.dup2(source, fd)
        for fd in (*own_pipes[0], *own_pipes[1], in_read, in_write, out_read, out_write, err_read, err_write, lifeline_write):
            os.close(fd)
        served_child(lifeline_read)
    for fd in (in_read, out_write, err_write, lifeline_read):
        os.close(fd)

    output_done = threading.Event()
    arrivals = Arrivals(3)

    def read_output():
        arrivals.arrive()
        read_to_end(out_read)
        read_to_end(err_read)
        output_done.set()

    def wait_handle():
        arrivals.arrive()
        output_done.wait()
        os.close(lifeline_write)
        os.waitpid(child, 0)

    threads = [threading.Thread(target=read_output), threading.Thread(target=wait_handle)]
    for thread in threads:
        thread.start()
    arrivals.arrive()
    for thread in threads:
        thread.join()
    os._exit(0)


announce("runner")
tests = os.fork()
if tests == 0:
    contract_tests()
os.close(READY_FD)
os.waitpid(tests, 0)
