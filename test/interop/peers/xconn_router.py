"""xconn as a WAMP router with one realm: xconn_router.py PORT [USERS].

USERS is JSON: the secret and the public key of each user by name. Without it, everybody may come in.
"""

import asyncio
import json
import sys

from wampproto import auth
from xconn.router import Router
from xconn.server import Server

import agent


class Users(auth.IServerAuthenticator):
    def __init__(self, users):
        self._users = users

    def methods(self):
        return ["ticket", "wampcra", "cryptosign"]

    def authenticate(self, request):
        user = self._users[request.authid]
        if isinstance(request, auth.WAMPCRARequest):
            return auth.WAMPCRAResponse(request.authid, "user", user["secret"])
        if isinstance(request, auth.TicketRequest) and request.ticket == user["secret"]:
            return auth.Response(request.authid, "user")
        if isinstance(request, auth.CryptoSignRequest) and request.public_key == user["key"]:
            return auth.Response(request.authid, "user")
        raise ValueError("who is this?")


async def main(port, users):
    router = Router()
    router.add_realm("realm1")
    await Server(router, Users(json.loads(users)) if users else None).start("127.0.0.1", port)
    agent.happened("ready")
    await asyncio.get_running_loop().create_future()


asyncio.run(main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None))
