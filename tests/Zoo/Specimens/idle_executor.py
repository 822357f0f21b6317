"""A service with an event loop and a pool of processes, idle until it is told to end by SIGTERM."""
import asyncio
import os
import signal
from concurrent.futures import ProcessPoolExecutor


def begin():
    os.close(99)


async def main():
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    with ProcessPoolExecutor(2, initializer=begin) as pool:
        await asyncio.gather(*(loop.run_in_executor(pool, os.getpid) for _ in range(4)))
        os.write(99, f"role service {os.getpid()}\n".encode())
        os.close(99)
        await stop.wait()


asyncio.run(main())
