"""Advanced calls among three autobahn-python clients; prints what came of each as one line of JSON.

Usage: autobahn_calls.py URL REALM
"""

import asyncio
import json
import sys
from urllib.parse import urlparse

import txaio

txaio.use_asyncio()

from autobahn.asyncio.wamp import ApplicationSession
from autobahn.asyncio.websocket import WampWebSocketClientFactory
from autobahn.wamp.exception import ApplicationError
from autobahn.wamp.types import CallOptions, ComponentConfig, RegisterOptions


class Session(ApplicationSession):
    def onJoin(self, details):
        self.config.extra.set_result(self)

    def onUserError(self, failure, message):
        pass  # what handlers throw here, they throw on purpose


async def join(url, realm):
    joined = asyncio.get_running_loop().create_future()
    address = urlparse(url)
    factory = WampWebSocketClientFactory(lambda: Session(ComponentConfig(realm, joined)), url=url)
    await asyncio.get_running_loop().create_connection(factory, address.hostname, address.port)
    return await joined


async def failure(call):
    try:
        return await call
    except ApplicationError as error:
        return error.error


async def outcomes(url, realm):
    one, two, caller = [await join(url, realm) for _ in range(3)]

    for name, session in (("one", one), ("two", two)):
        options = RegisterOptions(invoke="roundrobin")
        await session.register(lambda name=name: name, "com.example.shared", options=options)
    yield "roundrobin", [await caller.call("com.example.shared") for _ in range(4)]

    async def count(to, details):
        for number in range(to):
            details.progress(number)
            await asyncio.sleep(0)
        return "done"

    await one.register(count, "com.example.count", options=RegisterOptions(details=True))
    parts = []
    whole = await caller.call("com.example.count", 3, options=CallOptions(on_progress=parts.append))
    yield "progress", [*parts, whole]

    interrupted = asyncio.Queue()

    async def slow():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            interrupted.put_nowait("interrupted")
            raise

    await one.register(slow, "com.example.slow")
    timeout = await failure(caller.call("com.example.slow", options=CallOptions(timeout=50)))
    yield "timeout", [timeout, await interrupted.get()]

    async def unavailable():
        raise ApplicationError("wamp.error.unavailable")

    options = RegisterOptions(invoke="first")
    await one.register(unavailable, "com.example.rerouted", options=options)
    await two.register(lambda: "two", "com.example.rerouted", options=options)
    yield "rerouted", await caller.call("com.example.rerouted")

    running = most = 0

    async def limited(value):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        return value

    await one.register(limited, "com.example.limited", options=RegisterOptions(concurrency=2))
    values = await asyncio.gather(*(caller.call("com.example.limited", value) for value in range(6)))
    yield "concurrency", [values, most]

    await two.register(lambda: "two", "com.example.slow", options=RegisterOptions(force_reregister=True))
    yield "taken over", await caller.call("com.example.slow")


async def main(url, realm):
    print(json.dumps({name: outcome async for name, outcome in outcomes(url, realm)}))


asyncio.run(main(*sys.argv[1:]))
