"""autobahn-python as the authenticator and the authorizer of a router; prints what came of it as one line of JSON.

Usage: autobahn_services.py URL REALM
"""

import asyncio
import json
import sys
from urllib.parse import urlparse

import txaio

txaio.use_asyncio()

from autobahn.asyncio.wamp import Session as ApplicationSession
from autobahn.asyncio.websocket import WampWebSocketClientFactory
from autobahn.wamp.auth import create_authenticator
from autobahn.wamp.exception import ApplicationError
from autobahn.wamp.types import ComponentConfig, RegisterOptions

USERS = {"alice": "pencil", "bob": "brush"}


class Session(ApplicationSession):
    def onJoin(self, details):
        self.config.extra.set_result((self, details))

    def onLeave(self, details):
        if not self.config.extra.done():
            self.config.extra.set_exception(ApplicationError(details.reason))

    def onUserError(self, failure, message):
        pass  # what is thrown here is thrown on purpose


async def join(url, realm, method, **credentials):
    joined = asyncio.get_running_loop().create_future()
    address = urlparse(url)

    def create():
        session = Session(ComponentConfig(realm, joined))
        session.add_authenticator(create_authenticator(method, **credentials))
        return session

    factory = WampWebSocketClientFactory(create, url=url)
    await asyncio.get_running_loop().create_connection(factory, address.hostname, address.port)
    return await joined


async def failure(attempt):
    try:
        return await attempt
    except ApplicationError as error:
        return error.error


def authenticate(realm, authid, details):
    if authid not in USERS:
        raise ApplicationError("com.example.no_such_user", authid)
    principal = {"realm": realm, "role": "user", "extra": {"asked by": details["authmethod"]}}
    if details["authmethod"] == "ticket":
        return principal if details["ticket"] == USERS[authid] else False
    return {**principal, "secret": USERS[authid]}


def authorize(session, uri, action, options):
    if uri.endswith(".private") or options.get("match", "exact") != "exact":
        return False
    return {"allow": uri.startswith(f"com.{session['authid']}."), "disclose": True, "cache": False}


async def outcomes(url, realm):
    service, _ = await join(url, realm, "ticket", authid="service", ticket="s3cret")
    await service.register(authenticate, "com.example.authenticate")
    await service.register(authorize, "com.example.authorize")

    alice, details = await join(url, realm, "wampcra", authid="alice", secret="pencil")
    yield "wampcra", [details.authrole, details.authprovider, details.authextra.get("asked by")]
    _, details = await join(url, realm, "ticket", authid="bob", ticket="brush")
    yield "ticket", [details.authrole, details.authprovider, details.authextra.get("asked by")]
    yield "refused", [
        await failure(join(url, realm, "ticket", authid="bob", ticket="pencil")),
        await failure(join(url, realm, "ticket", authid="nobody", ticket="pencil")),
        await failure(join(url, realm, "wampcra", authid="alice", secret="brush")),
    ]

    options = RegisterOptions(details_arg="details")
    await alice.register(lambda details: details.caller_authid, "com.alice.who", options=options)
    yield "allowed, and disclosed", await alice.call("com.alice.who")
    yield "denied", [
        await failure(alice.register(lambda: None, "com.alice.private")),
        await failure(alice.register(lambda: None, "com.alice.", options=RegisterOptions(match="prefix"))),
        await failure(alice.subscribe(lambda: None, "com.bob.topic")),
        await failure(alice.call("wamp.session.count")),
    ]


async def main(url, realm):
    print(json.dumps({name: outcome async for name, outcome in outcomes(url, realm)}))


asyncio.run(main(*sys.argv[1:]))
