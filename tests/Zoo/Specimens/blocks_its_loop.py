"""A coroutine waits, in the thread of its loop and as another thread would, for what that very loop is to run.

ZOO_FORM=healthy: the coroutine awaits.
"""
import asyncio
import os


async def main():
    os.write(99, f"role program {os.getpid()}\n".encode())
    os.close(99)
    if os.environ.get("ZOO_FORM") == "healthy":
        await asyncio.Event().wait()
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0), asyncio.get_running_loop()).result()


asyncio.run(main())
