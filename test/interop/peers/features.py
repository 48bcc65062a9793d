"""What two clients of autobahn-python can do over one router: features.py URL. Prints what came of each, as one line of JSON."""

import asyncio
import json
import sys
from urllib.parse import urlparse

import txaio

txaio.use_asyncio()

from autobahn.asyncio.wamp import ApplicationSession
from autobahn.asyncio.websocket import WampWebSocketClientFactory
from autobahn.wamp.exception import ApplicationError
from autobahn.wamp.serializer import CBORSerializer
from autobahn.wamp.types import (
    CallOptions,
    ComponentConfig,
    PublishOptions,
    RegisterOptions,
    SubscribeOptions,
)


class Session(ApplicationSession):
    def __init__(self, config, joined):
        super().__init__(config)
        self.joined = joined
        self.left = asyncio.get_running_loop().create_future()

    def onJoin(self, details):
        self.id = details.session
        self.joined.set_result(None)

    def onDisconnect(self):
        if not self.left.done():
            self.left.set_result(None)


async def join(url):
    loop = asyncio.get_running_loop()
    joined = loop.create_future()
    session = Session(ComponentConfig(realm="realm1"), joined)
    factory = WampWebSocketClientFactory(lambda: session, url=url, serializers=[CBORSerializer()])
    await loop.create_connection(factory, urlparse(url).hostname, urlparse(url).port)
    await joined
    return session


async def error_of(future):
    try:
        return await future
    except ApplicationError as error:
        return error.error


ACKNOWLEDGED = PublishOptions(acknowledge=True)


class Heard:
    """Events in the order in which they came."""

    def __init__(self):
        self.queue = asyncio.Queue()

    async def take(self, count):
        return [await self.queue.get() for _ in range(count)]


async def pattern_based_subscription(one, other):
    heard = Heard()

    def on_event(value, details):
        heard.queue.put_nowait([details.topic, value])

    await one.subscribe(on_event, "com.patterns.", options=SubscribeOptions(match="prefix", details=True))
    await one.subscribe(on_event, "com..wild", options=SubscribeOptions(match="wildcard", details=True))
    await other.publish("com.patterns.a", 1, options=ACKNOWLEDGED)
    await other.publish("com.other.wild", 2, options=ACKNOWLEDGED)
    return await heard.take(2)


async def event_retention(one, other):
    heard = Heard()
    await other.publish("com.kept", "old", options=PublishOptions(acknowledge=True, retain=True))
    await one.subscribe(
        lambda value, details: heard.queue.put_nowait([value, details.retained]),
        "com.kept",
        options=SubscribeOptions(get_retained=True, details=True),
    )
    return await heard.take(1)


async def subscriber_blackwhite_listing(one, other):
    heard = Heard()
    await one.subscribe(lambda value: heard.queue.put_nowait(value), "com.listed")
    for value, options in [
        ("excluded", {"exclude": [one.id]}),
        ("eligible", {"eligible": [one.id]}),
        ("not eligible", {"eligible": [1]}),
        ("by role", {"eligible_authrole": ["anonymous"]}),
        ("by another role", {"eligible_authrole": ["admin"]}),
        ("without the role", {"exclude_authrole": ["anonymous"]}),
        ("all", {}),
    ]:
        await other.publish("com.listed", value, options=PublishOptions(acknowledge=True, **options))
    return await heard.take(3)


async def publisher_identification(one, other):
    heard = Heard()
    await one.subscribe(
        lambda details: heard.queue.put_nowait(details.publisher == other.id),
        "com.publisher",
        options=SubscribeOptions(details=True),
    )
    await other.publish("com.publisher", options=ACKNOWLEDGED)
    return await heard.take(1)


async def publisher_exclusion(one, other):
    heard = Heard()
    await one.subscribe(lambda value: heard.queue.put_nowait(value), "com.own")
    await one.publish("com.own", "excluded", options=ACKNOWLEDGED)
    await one.publish("com.own", "asked for", options=PublishOptions(acknowledge=True, exclude_me=False))
    return await heard.take(1)


async def pattern_based_registration(one, other):
    options = RegisterOptions(match="prefix", details=True)
    await one.register(lambda details: details.procedure, "com.prefix.", options=options)
    return [await other.call("com.prefix.a"), await other.call("com.prefix.b")]


async def shared_registration(one, other):
    for name, session in [("one", one), ("other", other)]:
        await session.register(lambda name=name: name, "com.shared", options=RegisterOptions(invoke="roundrobin"))
    return [await other.call("com.shared") for _ in range(4)]


async def progressive_call_results(one, other):
    parts = []

    def count(to, details):
        for value in range(to):
            details.progress(value)
        return "done"

    await one.register(count, "com.count", options=RegisterOptions(details=True))
    result = await other.call("com.count", 3, options=CallOptions(on_progress=parts.append))
    return [parts, result]


async def caller_identification(one, other):
    await one.register(lambda details: details.caller, "com.caller", options=RegisterOptions(details=True))
    return await other.call("com.caller") == other.id


async def call_timeout(one, other):
    await one.register(lambda: asyncio.get_running_loop().create_future(), "com.slow")
    return await error_of(other.call("com.slow", options=CallOptions(timeout=50)))


async def call_canceling(one, other):
    started, interrupted = asyncio.Event(), asyncio.Event()

    async def endless():
        started.set()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            interrupted.set()

    await one.register(endless, "com.endless")
    call = other.call("com.endless")
    await started.wait()
    call.cancel()
    await interrupted.wait()
    return "interrupted"


async def call_reroute(one, other):
    def unavailable():
        raise ApplicationError("wamp.error.unavailable")

    options = RegisterOptions(invoke="first")
    await one.register(unavailable, "com.rerouted", options=options)
    await other.register(lambda: "other", "com.rerouted", options=options)
    rerouted = await one.call("com.rerouted")
    await one.register(unavailable, "com.unavailable")
    return [rerouted, await error_of(other.call("com.unavailable"))]


async def registration_revocation(one, other):
    registration = await one.register(lambda: "one", "com.revoked")
    await other.call("wamp.registration.remove_callee", registration.id, one.id, reason="com.example.enough")
    gone = await error_of(other.call("com.revoked"))
    await other.register(lambda: "other", "com.revoked")
    return [gone, await one.call("com.revoked")]


async def session_meta_api(one, other):
    heard = Heard()
    await one.subscribe(lambda info: heard.queue.put_nowait(info["session"]), "wamp.session.on_join")
    third = await join(URL)
    joined = await heard.take(1)
    sessions = await one.call("wamp.session.list")
    info = await one.call("wamp.session.get", third.id)
    await one.call("wamp.session.kill", third.id, reason="com.example.enough")
    await third.left
    return [
        joined == [third.id],
        sorted(sessions) == sorted([one.id, other.id, third.id]),
        info["authrole"],
        await one.call("wamp.session.count"),
        await error_of(one.call("wamp.session.get", third.id)),
    ]


async def registration_meta_api(one, other):
    await one.register(lambda: None, "com.meta.procedure")
    id = await other.call("wamp.registration.lookup", "com.meta.procedure")
    info = await other.call("wamp.registration.get", id)
    callees = await other.call("wamp.registration.list_callees", id)
    return [info["uri"], info["match"], info["invoke"], callees == [one.id]]


async def subscription_meta_api(one, other):
    await one.subscribe(lambda: None, "com.meta.topic")
    [id] = await other.call("wamp.subscription.match", "com.meta.topic")
    info = await other.call("wamp.subscription.get", id)
    subscribers = await other.call("wamp.subscription.list_subscribers", id)
    return [info["uri"], info["match"], subscribers == [one.id]]


async def event_history(one, other):
    for value in range(3):
        await other.publish("com.history", value, options=ACKNOWLEDGED)
    id = await one.call("wamp.subscription.lookup", "com.history")
    answer = await one.call("wamp.subscription.get_events", id, limit=2, reverse=True)
    return [event["args"] for event in answer.results]


async def testament_meta_api(one, other):
    heard = Heard()
    await one.subscribe(lambda value, who: heard.queue.put_nowait([value, who]), "com.will")
    third = await join(URL)
    await third.call("wamp.session.add_testament", "com.will", ["gone"], {"who": "third"})
    third._transport.transport.abort()
    return await heard.take(1)


SCENARIOS = [
    pattern_based_subscription,
    event_retention,
    subscriber_blackwhite_listing,
    publisher_identification,
    publisher_exclusion,
    pattern_based_registration,
    shared_registration,
    progressive_call_results,
    caller_identification,
    call_timeout,
    call_canceling,
    call_reroute,
    registration_revocation,
    session_meta_api,
    registration_meta_api,
    subscription_meta_api,
    event_history,
    testament_meta_api,
]


async def main():
    one, other = await join(URL), await join(URL)
    for scenario in SCENARIOS:
        try:
            came = await asyncio.wait_for(scenario(one, other), 20)
        except Exception as failure:
            came = f"{type(failure).__name__}: {failure}"
        print(json.dumps({"feature": scenario.__name__, "came": came}), flush=True)


URL = sys.argv[1]
asyncio.run(main())
