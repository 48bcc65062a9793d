"""The Python half of agent-party.ts: commands come as JSON lines on stdin, answers and happenings go out as JSON lines."""

import asyncio
import base64
import json
import sys
import traceback


class WampFailure(Exception):
    """An error of WAMP, as the peer's library gave it to its user."""

    def __init__(self, uri, args=None, kwargs=None):
        super().__init__(uri)
        self.uri = uri
        self.arguments = list(args or [])
        self.kwargs = dict(kwargs or {})


def pack(value):
    """Makes bytes visible in JSON, so that a test can tell them from text."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"$bytes": base64.b64encode(bytes(value)).decode()}
    if isinstance(value, (list, tuple)):
        return [pack(item) for item in value]
    if isinstance(value, dict):
        return {key: pack(item) for key, item in value.items()}
    if isinstance(value, float) and value.is_integer():
        return {"$float": str(value)}  # in JavaScript nobody could tell it from an integer
    return value


def unpack(value):
    if isinstance(value, list):
        return [unpack(item) for item in value]
    if isinstance(value, dict):
        if set(value) == {"$bytes"}:
            return base64.b64decode(value["$bytes"])
        return {key: unpack(item) for key, item in value.items()}
    return value


def emit(line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def happened(what, **fields):
    emit({"happened": what, **{key: pack(value) for key, value in fields.items()}})


async def answer(peer, command):
    try:
        method = getattr(peer, command["op"])
        result = await method(**unpack(command["with"]))
        emit({"id": command["id"], "ok": pack(result)})
    except WampFailure as failure:
        error = {"uri": failure.uri, "args": pack(failure.arguments), "kwargs": pack(failure.kwargs)}
        emit({"id": command["id"], "error": error})
    except Exception as failure:
        traceback.print_exc()
        emit({"id": command["id"], "error": {"message": f"{type(failure).__name__}: {failure}"}})


async def serve(peer):
    """Carries out commands until stdin closes: the test is over, or gone."""
    reader = asyncio.StreamReader(limit=64 * 1024 * 1024)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    happened("ready")
    running = set()
    while line := await reader.readline():
        task = asyncio.create_task(answer(peer, json.loads(line)))
        running.add(task)
        task.add_done_callback(running.discard)
