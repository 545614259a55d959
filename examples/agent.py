#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""agent.py NAME PARTNER: an agent on the bare protocol (docs/protocol.md), with nothing but the
library `websockets`. It claims its files, tells PARTNER so, and works until it is told 'stop'. A hub
that is killed meanwhile loses nothing: the agent comes back, asks for what it has missed, and sends
again, by its key, each request that had no answer."""
import asyncio, json, os, random, sys, uuid
import websockets

NAME, PARTNER = sys.argv[1:3]
URI = os.environ.get("SYNAPSE_URI", "ws://localhost:8876")
INSTANCE = uuid.uuid4().hex  # By which the hub knows this process again.
HELLO = {"type": "who_request", "token": os.environ.get("SYNAPSE_TOKEN"), "attach": True,
         "kind": "agent", "instance": INSTANCE, "interest": {"chat": "addressed", "receipts": True}}
unanswered = {}  # Requests that change something, by type.
heard = set()    # Numbers of the messages that were shown.
last = 0         # The last message that was sent to this agent.
begun = False

async def send(socket, type, **fields):
    await socket.send(json.dumps({"sender": NAME, "type": type, **fields}))

async def ask(socket, type, **fields):
    unanswered[type] = {**fields, "idem_key": uuid.uuid4().hex}
    await send(socket, type, **unanswered[type])

async def take(socket, frame):  # Returns whether this was the end.
    global begun, last
    type = frame["type"]
    unanswered.pop(type.rpartition("_")[0], None)  # claim_granted, chat_accepted, release_denied …
    if type == "who_snapshot":  # We are in.
        print("connected", flush=True)
        for request, fields in list(unanswered.items()): await send(socket, request, **fields)
        await send(socket, "resume_request", since=last)
        await send(socket, "inbox_request")
        if not begun:
            begun = True
            await ask(socket, "claim", task_id=NAME, worktree="demo", paths=[NAME + "/**"])
            await ask(socket, "chat", target=PARTNER, payload="I have begun", receipt=True)
    elif type == "claim_granted":
        print(f"claimed {frame['task_id']}, epoch {frame['epoch']}", flush=True)
    elif type in ("chat_accepted", "receipt"):
        for one in frame.get("recipients", [frame]):
            print(f"#{frame['msg_id']} {one['agent']}: {one['state']}", flush=True)
    elif type == "chat" and frame["sender"] != NAME:
        await send(socket, "inbox_request")  # The mailbox has it, and knows what was seen.
    elif type in ("inbox_snapshot", "resume_snapshot"):
        for message in frame["messages"]:
            last = max(last, message["msg_id"])
            is_mine = message["target"] in (NAME, NAME.split("/")[0], "all")
            if not is_mine or message["sender"] == NAME or message["msg_id"] in heard: continue
            heard.add(message["msg_id"])
            print(f"{message['sender']}: {message['payload']}", flush=True)
            await send(socket, "seen", msg_ids=[message["msg_id"]])
            if message["payload"] == "stop": await ask(socket, "release", task_id=NAME)
    return type == "release_granted"

async def main():
    pause = 0.1
    while True:
        try:  # The library answers pings; those are sign of life enough for the hub.
            async with websockets.connect(URI) as socket:
                await send(socket, **HELLO)
                async for text in socket:
                    pause = 0.1
                    if await take(socket, json.loads(text)): return
        except (OSError, websockets.WebSocketException) as lost:
            print(f"lost the hub: {lost}", file=sys.stderr)
        await asyncio.sleep(pause * (0.5 + random.random()))
        pause = min(2 * pause, 30)

asyncio.run(main())
