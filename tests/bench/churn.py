#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Churn: agents with ever new names claim, queue, wait, talk, plan, offer, advertise, find and leave.

    tests/bench/churn.py build/release/bin/synapse [--minutes 60] [--rate 500] [--compact-at 64M]

Starts a hub with a log that compacts itself, and keeps 64 agents on it, each of which leaves after
some hundred frames and makes room for one of a name that was never there. One more asks who is there
50 times a second. Prints, for each minute, the hub's resident memory, the size of its log, its CPU
time, how long the slowest of those answers took, and what the hub held. In the end it says
whether memory was flat after the first sixth of the time (the last third at most a twentieth above
what the rest of it had) and whether the log stayed below twice what it is compacted at; it exits
with 1 if not, or if the hub closed a socket of somebody who had done nothing wrong. Needs Debian's
python3-websockets.
"""
import argparse
import asyncio
import contextlib
import itertools
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import websockets

AGENTS = 64
FRAMES_OF_ONE = (100, 400)


class Churn:
    def __init__(self, port, rate, seed):
        self.uri = f"ws://127.0.0.1:{port}"
        self.pause = AGENTS / rate
        self.dice = random.Random(seed)
        self.names = itertools.count(1)
        self.sent = 0
        self.refused = 0
        self.lost = []
        self.slowest = 0.0  # Seconds, of the answers to who asks, since it was last read.

    def frame(self, name, step, held):
        """One of all kinds of requests, and what it does to what the agent holds."""
        dice = self.dice
        other = f"churn/a{dice.randint(max(1, step - 300), step + 300)}"
        task = f"T-{name}-{dice.randint(1, 6)}"
        path = f"src/{dice.randint(1, 400)}/f{dice.randint(1, 30)}.c"
        kind = dice.choices(
            ["claim", "release", "renew", "checkpoint", "task_update", "chat", "mail", "inbox",
             "ledger_task", "ledger_task_update", "ledger_progress", "resource", "advertise",
             "finding", "wait_request", "queue", "handoff", "recall_log", "heartbeat", "who"],
            [12, 9, 8, 4, 6, 8, 5, 3, 4, 3, 4, 2, 2, 2, 2, 3, 1, 1, 4, 1])[0]
        key = f"{name}-{step}-{dice.random()}" if dice.random() < 0.5 else ""
        mine = dice.choice(sorted(held)) if held else task
        frame = {"type": kind}
        if kind in ("claim", "queue"):
            frame = {"type": "claim", "task_id": task, "worktree": "/churn", "paths": [path],
                     "ttl_seconds": dice.choice([5, 30, 300]), "note": "x" * dice.randint(0, 200)}
            if kind == "queue":
                frame.update(wait=True, wait_seconds=dice.choice([5, 60]))
            held.add(task)
        elif kind == "release":
            frame["task_id"] = mine
            held.discard(mine)
        elif kind in ("renew", "task_update", "checkpoint", "handoff"):
            frame["task_id"] = mine
            if kind == "renew":
                frame["ttl_seconds"] = 300
            if kind == "checkpoint":
                frame["checkpoint"] = "y" * dice.randint(0, 2000)
            if kind == "task_update":
                frame["status"] = "working"
            if kind == "handoff":
                frame["to_agent"] = other
                held.discard(mine)
        elif kind == "chat":
            frame.update(target="all", payload="z" * dice.randint(1, 300))
        elif kind == "mail":
            frame = {"type": "chat", "target": other, "payload": "m" * dice.randint(1, 300),
                     "receipt": True}
        elif kind == "inbox":
            frame = {"type": "inbox_request"}
        elif kind == "ledger_task":
            frame.update(task_id=f"P-{dice.randint(1, 2000)}", title="plan", description="d" * 100)
        elif kind == "ledger_task_update":
            frame.update(task_id=f"P-{dice.randint(1, 2000)}", status="open")
        elif kind == "ledger_progress":
            frame.update(task_id=f"P-{dice.randint(1, 2000)}", text="half of it")
        elif kind == "resource":
            frame = {"type": "resource_offer", "kind": "gpu", "name": f"card-{dice.randint(1, 3)}",
                     "capacity": 1}
        elif kind == "advertise":
            frame.update(description="does things", skills=["c", "python"], model="m")
        elif kind == "finding":
            frame.update(statement=f"s{step} is so", subkind="observation", provenance={},
                         validity={})
        elif kind == "wait_request":
            frame["task_id"] = f"T-{other}-1"
        elif kind == "recall_log":
            frame.update(query_text="where", returned_claim_ids=["a"], was_used=True)
        elif kind == "who":
            frame = {"type": "who_request"}
        if key:
            frame["idem_key"] = key
        return frame

    async def ask(self, until):
        """Asks who is there, one question after the other."""
        async with websockets.connect(self.uri, max_size=None) as hub:
            await hub.send(json.dumps({"type": "heartbeat", "observe": True,
                                       "interest": {"types": [], "chat": "none"}}))
            while time.monotonic() < until:
                began = time.monotonic()
                await hub.send('{"type":"who_request"}')
                while '"who_snapshot"' not in await hub.recv():
                    pass
                self.slowest = max(self.slowest, time.monotonic() - began)
                await asyncio.sleep(0.02)

    async def agent(self, until):
        while time.monotonic() < until:
            number = next(self.names)
            name = f"churn/a{number}"
            interest = {"types": [], "chat": "none"}
            held = set()
            try:
                async with websockets.connect(self.uri, max_size=None) as hub:
                    async def read():
                        async for text in hub:
                            if '"type":"error"' in text or '_denied"' in text:
                                self.refused += 1
                    reading = asyncio.create_task(read())
                    await hub.send(json.dumps({"sender": name, "type": "heartbeat",
                                               "interest": interest, "attach": True}))
                    for _ in range(self.dice.randint(*FRAMES_OF_ONE)):
                        if time.monotonic() >= until:
                            break
                        frame = self.frame(name, number, held)
                        frame["sender"] = name
                        await hub.send(json.dumps(frame))
                        self.sent += 1
                        await asyncio.sleep(self.pause * self.dice.uniform(0.5, 1.5))
                    # Some leave without a word.
                    if self.dice.random() < 0.3:
                        hub.transport.abort()
                    reading.cancel()
                    with contextlib.suppress(asyncio.CancelledError, websockets.ConnectionClosed):
                        await reading
            except websockets.ConnectionClosed as gone:
                if gone.code not in (1000, 1006):
                    self.lost.append((name, gone.code, gone.reason))
            except OSError as failed:
                self.lost.append((name, 0, str(failed)))
                await asyncio.sleep(1)


def metrics(port):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as hub:
        hub.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                    b"Accept: */*\r\n\r\n")
        text = b""
        while piece := hub.recv(65536):
            text += piece
    values = {}
    for line in text.decode().splitlines():
        if line.startswith("synapse_") and "{" not in line:
            name, value = line.split(" ", 1)
            values[name] = float(value)
    return values


def resident_mb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1000


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def log_mb(path):
    return sum(os.path.getsize(path + end) for end in ("", "-wal") if os.path.exists(path + end)) / 1e6


def in_mb(size):
    units = {"K": 1e-3, "M": 1, "G": 1e3}
    return float(size[:-1]) * units[size[-1].upper()] * 1.048576


async def watch(hub, port, path, churn, until, samples):
    print(" min  resident  log MB  CPU s  slowest ms   frames  refused  claims  queued  tasks  agents", flush=True)
    minute = 0
    while time.monotonic() < until:
        await asyncio.sleep(min(60, max(0.1, until - time.monotonic())))
        if hub.poll() is not None:
            return
        minute += 1
        now = await asyncio.get_running_loop().run_in_executor(None, metrics, port)
        sample = (resident_mb(hub.pid), log_mb(path))
        samples.append(sample)
        print(f"{minute:4d}  {sample[0]:8.1f}  {sample[1]:6.1f}  {cpu_seconds(hub.pid):5.1f}  "
              f"{1000 * churn.slowest:10.1f}  {churn.sent:7d}  {churn.refused:7d}  {now.get('synapse_active_claims', 0):6.0f}  "
              f"{now.get('synapse_queued_claims', 0):6.0f}  "
              f"{now.get('synapse_blackboard_tasks', 0):5.0f}  "
              f"{now.get('synapse_online_agents', 0):6.0f}", flush=True)
        churn.slowest = 0.0


async def run(options):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(dir=options.dir) as folder:
        path = os.path.join(folder, "hub.db")
        hub = subprocess.Popen([options.hub, "hub", "--port", str(port), "--db", path, "--metrics",
                                "--compact-at", options.compact_at, "--keep-history", options.keep_history,
                                # Else messages for those who left would fill their 256 MB first.
                                "--mailbox-days", "0.0035", "--no-socket"],
                               stderr=subprocess.PIPE, text=True)
        hub.stderr.readline()
        samples = []
        try:
            churn = Churn(port, options.rate, options.seed)
            until = time.monotonic() + options.minutes * 60
            agents = [asyncio.create_task(churn.agent(until)) for _ in range(AGENTS)]
            agents.append(asyncio.create_task(churn.ask(until)))
            await watch(hub, port, path, churn, until, samples)
            await asyncio.gather(*agents)
        finally:
            hub.terminate()
            said = hub.stderr.read()
            code = hub.wait(20)
    return verdict(options, churn, samples, code, said)


def verdict(options, churn, samples, code, said):
    faults = []
    if code != 0:
        faults.append(f"the hub ended with {code}: {said[-2000:]}")
    if churn.lost:
        faults.append(f"{len(churn.lost)} sockets were lost, the first as {churn.lost[0]}")
    later = [memory for memory, _ in samples[len(samples) // 6:]]
    if len(later) >= 6:
        before = statistics.median(later[:len(later) * 2 // 3])
        after = statistics.median(later[len(later) * 2 // 3:])
        print(f"memory: {before:.1f} MB, and {after:.1f} MB in the last third")
        if after > before * 1.05:
            faults.append("memory grew")
    largest = max((log for _, log in samples), default=0)
    print(f"log: {largest:.1f} MB at most, compacted at {options.compact_at}")
    if largest > 2 * in_mb(options.compact_at):
        faults.append("the log grew beyond its bound")
    print(f"frames: {churn.sent}, of which {churn.refused} were refused; names: {next(churn.names) - 1}")
    for fault in faults:
        print("FAILED:", fault)
    return 1 if faults else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("hub", help="the program synapse")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=float, default=500, help="frames a second, of all agents")
    parser.add_argument("--compact-at", default="64M")
    parser.add_argument("--keep-history", default="60s", help="as the hub's option")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dir", default=".", help="where the log goes")
    sys.exit(asyncio.run(run(parser.parse_args())))


main()
