"""autobahn-python as a WAMP client, driven by agent-party.ts."""

import asyncio
import ssl
from urllib.parse import urlparse

import txaio

txaio.use_asyncio()

from autobahn.asyncio.rawsocket import WampRawSocketClientFactory
from autobahn.asyncio.wamp import ApplicationSession
from autobahn.asyncio.websocket import WampWebSocketClientFactory
from autobahn.wamp.auth import create_authenticator
from autobahn.wamp.exception import ApplicationError
from autobahn.wamp.serializer import CBORSerializer, JsonSerializer, MsgPackSerializer
from autobahn.wamp.types import CallResult, ComponentConfig, PublishOptions

import agent


class Session(ApplicationSession):
    def __init__(self, config, joined, authenticator=None):
        super().__init__(config)
        self.joined = joined
        self.authenticator = authenticator
        self.left = asyncio.get_running_loop().create_future()

    def onConnect(self):
        if not self.authenticator:
            super().onConnect()
            return
        authenticator = self.authenticator
        self.join(
            self.config.realm,
            authmethods=[authenticator.name],
            authid=authenticator._args.get("authid"),
            authextra=authenticator.authextra,
        )

    def onChallenge(self, challenge):
        return self.authenticator.on_challenge(self, challenge)

    def onWelcome(self, welcome):
        # With a text, the session is refused: the router has not proved itself.
        return self.authenticator.on_welcome(self, welcome.authextra) if self.authenticator else None

    def onJoin(self, details):
        self.joined.set_result(details)

    def onLeave(self, details):
        if not self.joined.done():
            self.joined.set_exception(agent.WampFailure(details.reason))
        agent.happened("closed", reason=details.reason)
        super().onLeave(details)

    def onDisconnect(self):
        if not self.left.done():
            self.left.set_result(None)


SERIALIZERS = {"json": JsonSerializer, "msgpack": MsgPackSerializer, "cbor": CBORSerializer}


def make_serializer(name):
    """By its name in the subprotocol: json, cbor.batched and so on."""
    kind, _, batched = name.partition(".")
    return SERIALIZERS[kind](batched=batched == "batched")


# What each method calls its secret.
SECRETS = {"ticket": "ticket", "wampcra": "secret", "scram": "password", "cryptosign": "privkey"}


def authenticator_of(login):
    method = login["method"]
    extra = {"authextra": {"channel_binding": login["channelBinding"]}} if login.get("channelBinding") else {}
    return create_authenticator(method, authid=login["authid"], **{SECRETS[method]: login["secret"]}, **extra)


def any_certificate():
    """The tests' own, which nobody has signed."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def wamp(future):
    try:
        return await future
    except ApplicationError as error:
        raise agent.WampFailure(error.error, error.args, error.kwargs) from error


class Peer:
    def __init__(self):
        self.session = None
        self.handles = {}

    async def join(self, url, realm, serializer, login=None):
        loop = asyncio.get_running_loop()
        joined = loop.create_future()
        self.session = Session(ComponentConfig(realm=realm), joined, authenticator_of(login) if login else None)
        parts = urlparse(url)
        if parts.scheme in ("tcp", "unix"):
            factory = WampRawSocketClientFactory(lambda: self.session, serializer=make_serializer(serializer))
        else:
            factory = WampWebSocketClientFactory(lambda: self.session, url=url, serializers=[make_serializer(serializer)])
        if parts.scheme == "unix":
            await loop.create_unix_connection(factory, parts.path)
        else:
            tls = any_certificate() if parts.scheme == "wss" else None
            await loop.create_connection(factory, parts.hostname, parts.port, ssl=tls)
        details = await joined
        return {"session": details.session, "authid": details.authid, "authrole": details.authrole}

    async def subscribe(self, topic):
        def on_event(*args, **kwargs):
            agent.happened("event", on=topic, args=args, kwargs=kwargs)

        self.handles[topic] = await wamp(self.session.subscribe(on_event, topic))

    async def publish(self, topic, args, kwargs, acknowledge, excludeMe):
        options = PublishOptions(acknowledge=acknowledge, exclude_me=excludeMe)
        published = self.session.publish(topic, *args, options=options, **kwargs)
        if acknowledge:
            await wamp(published)

    async def register(self, procedure, behaviour):
        async def endpoint(*args, **kwargs):
            agent.happened("invocation", on=procedure, args=args, kwargs=kwargs)
            if behaviour == "echo":
                return CallResult(*args, **kwargs)
            if behaviour == "fail":
                raise ApplicationError(args[0], *args[1:], **kwargs)
            if behaviour == "throw":
                raise ValueError(args[0])
            await asyncio.get_running_loop().create_future()

        self.handles[procedure] = await wamp(self.session.register(endpoint, procedure))

    async def call(self, procedure, args, kwargs):
        result = await wamp(self.session.call(procedure, *args, **kwargs))
        if isinstance(result, CallResult):
            return {"args": result.results or [], "kwargs": result.kwresults or {}}
        return {"args": [] if result is None else [result], "kwargs": {}}

    async def unsubscribe(self, topic):
        await wamp(self.handles.pop(topic).unsubscribe())

    async def unregister(self, procedure):
        await wamp(self.handles.pop(procedure).unregister())

    async def leave(self):
        self.session.leave()
        await self.session.left


asyncio.run(agent.serve(Peer()))
