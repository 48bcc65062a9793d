"""The moderator: a service in another language, which takes out posts with words that nobody wants to read here."""

import os
import sys

try:
    from autobahn.asyncio.component import Component, run
except ImportError:
    print("There is no moderator: it needs autobahn (pip install autobahn).")
    sys.exit(0)

UNWANTED = {"spam", "casino"}

moderator = Component(
    transports=os.environ["ROCADE_URL"],
    realm=os.environ["ROCADE_REALM"],
    authentication={"ticket": {"authid": os.environ["ROCADE_AUTHID"], "ticket": os.environ["ROCADE_TICKET"]}},
)


@moderator.on_join
async def joined(session, _details):
    async def read(post):
        if UNWANTED & set(post["text"].lower().split()):
            await session.call("forum.posts.remove", post["id"])
            print(f"took out a post of {post['author']}")

    await session.subscribe(read, "forum.posts.added")
    print("reading along")


run([moderator])
