"""xconn as a WAMP client, driven by agent-party.ts."""

import asyncio

from wampproto import auth
from wampproto.exception import ApplicationError as JoinError
from wampproto.serializers import CBORSerializer, JSONSerializer, MsgPackSerializer
from xconn.async_client import AsyncClient
from xconn.exception import ApplicationError
from xconn.types import Result

import agent


SERIALIZERS = {"json": JSONSerializer, "msgpack": MsgPackSerializer, "cbor": CBORSerializer}

AUTHENTICATORS = {
    "ticket": auth.TicketAuthenticator,
    "wampcra": auth.WAMPCRAAuthenticator,
    "cryptosign": auth.CryptoSignAuthenticator,
}


async def wamp(coroutine):
    try:
        return await coroutine
    except ApplicationError as error:
        raise agent.WampFailure(error.message, error.args, error.kwargs) from error
    except JoinError as error:
        raise agent.WampFailure(error.message) from error


class Peer:
    def __init__(self):
        self.session = None
        self.handles = {}

    async def join(self, url, realm, serializer, login=None):
        async def disconnected():
            agent.happened("closed", reason=None)

        authenticator = AUTHENTICATORS[login["method"]](login["authid"], login["secret"]) if login else auth.AnonymousAuthenticator("")
        client = AsyncClient(authenticator=authenticator, serializer=SERIALIZERS[serializer]())
        self.session = await wamp(client.connect(url, realm, disconnect_callback=disconnected))
        return {"session": self.session._base_session.id}

    async def subscribe(self, topic):
        async def on_event(event):
            agent.happened("event", on=topic, args=event.args or [], kwargs=event.kwargs or {})

        self.handles[topic] = await wamp(self.session.subscribe(topic, on_event))

    async def publish(self, topic, args, kwargs, acknowledge, excludeMe):
        options = {"acknowledge": acknowledge, "exclude_me": excludeMe}
        await wamp(self.session.publish(topic, args, kwargs, options))

    async def register(self, procedure, behaviour):
        async def endpoint(invocation):
            args, kwargs = invocation.args or [], invocation.kwargs or {}
            agent.happened("invocation", on=procedure, args=args, kwargs=kwargs)
            if behaviour == "echo":
                return Result(args, kwargs)
            if behaviour == "fail":
                raise ApplicationError(args[0], *args[1:], **kwargs)
            if behaviour == "throw":
                raise ValueError(args[0])
            await asyncio.get_running_loop().create_future()

        self.handles[procedure] = await wamp(self.session.register(procedure, endpoint))

    async def call(self, procedure, args, kwargs):
        result = await wamp(self.session.call(procedure, args, kwargs))
        return {"args": result.args or [], "kwargs": result.kwargs or {}}

    async def unsubscribe(self, topic):
        await wamp(self.handles.pop(topic).unsubscribe())

    async def unregister(self, procedure):
        await wamp(self.handles.pop(procedure).unregister())

    async def leave(self):
        await self.session.leave()


asyncio.run(agent.serve(Peer()))
