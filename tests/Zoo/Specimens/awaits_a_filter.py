"""awaits_a_filter.py ZOO_EXEC HOW: an event loop that asks something of a filter, keeps its input open, and awaits its answer.

hang      nothing else is to happen
handler   it has a handler of SIGTERM, which ends it
listens   it is a server as well

ZOO_FORM=healthy: a timer closes the input in the end.
"""
import asyncio
import os
import signal
import sys


async def main(zoo_exec, how):
    child = await asyncio.create_subprocess_exec(
        zoo_exec, "filter", "cat", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, pass_fds=(99,))
    loop = asyncio.get_running_loop()
    if os.environ.get("ZOO_FORM") == "healthy":
        loop.call_later(200, child.stdin.close)
    if how == "handler":
        loop.add_signal_handler(signal.SIGTERM, child.stdin.close)
    if how == "listens":
        await asyncio.start_server(lambda *_: child.stdin.close(), "127.0.0.1", 0)
    child.stdin.write(b"word\n")
    await child.stdout.readline()
    os.write(99, f"role runner {os.getpid()}\n".encode())
    os.close(99)
    await child.stdout.read()


asyncio.run(main(*sys.argv[1:]))
