"""xconn as a WAMP router with one realm: xconn_router.py PORT."""

import asyncio
import sys

from xconn.router import Router
from xconn.server import Server

import agent


async def main(port):
    router = Router()
    router.add_realm("realm1")
    await Server(router).start("127.0.0.1", port)
    agent.happened("ready")
    await asyncio.get_running_loop().create_future()


asyncio.run(main(int(sys.argv[1])))
