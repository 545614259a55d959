#!/usr/bin/env node
// SPDX-License-Identifier: AGPL-3.0-or-later
// agent.mjs NAME PARTNER: an agent on the bare protocol (docs/protocol.md). It claims its files, tells
// PARTNER so, and works until it is told 'stop'. A hub that is killed meanwhile loses nothing: the
// agent comes back, asks for what it has missed, and sends again, by its key, each request that had no
// answer. Node 22 has WebSocket by itself; older ones take it from the package `ws`.
import { randomUUID } from "node:crypto";
const WebSocket = globalThis.WebSocket ?? (await import("ws")).WebSocket;

const [NAME, PARTNER] = process.argv.slice(2);
const URI = process.env.SYNAPSE_URI ?? "ws://localhost:8876";
const HELLO = { token: process.env.SYNAPSE_TOKEN, attach: true, kind: "agent",
  instance: randomUUID(), interest: { chat: "addressed", receipts: true } };
const unanswered = new Map(); // Requests that change something, by type.
const heard = new Set(); // Numbers of the messages that were shown.
// Whether it has claimed; the last message that was sent to it; milliseconds until the next try.
let [begun, last, pause] = [false, 0, 100];

function connect() {
  const socket = new WebSocket(URI);
  const send = (type, fields = {}) =>
    socket.send(JSON.stringify({ sender: NAME, type, ...fields }));
  const ask = (type, fields) => {
    unanswered.set(type, { ...fields, idem_key: randomUUID() });
    send(type, unanswered.get(type));
  };
  const show = (message) => {
    last = Math.max(last, message.msg_id);
    const isMine = [NAME, NAME.split("/")[0], "all"].includes(message.target);
    if (!isMine || message.sender === NAME || heard.has(message.msg_id)) return;
    heard.add(message.msg_id);
    console.log(`${message.sender}: ${message.payload}`);
    send("seen", { msg_ids: [message.msg_id] });
    if (message.payload === "stop") ask("release", { task_id: NAME });
  };
  socket.onopen = () => send("who_request", HELLO);
  socket.onmessage = ({ data }) => {
    const frame = JSON.parse(data);
    unanswered.delete(frame.type.split("_").slice(0, -1).join("_")); // claim_granted, chat_accepted, release_denied …
    pause = 100;
    switch (frame.type) {
      case "who_snapshot": { // We are in.
        console.log("connected");
        for (const [type, fields] of unanswered) send(type, fields);
        send("resume_request", { since: last });
        send("inbox_request");
        if (begun) break;
        begun = true;
        ask("claim", { task_id: NAME, worktree: "demo", paths: [`${NAME}/**`] });
        ask("chat", { target: PARTNER, payload: "I have begun", receipt: true });
        break;
      }
      case "claim_granted": console.log(`claimed ${frame.task_id}, epoch ${frame.epoch}`); break;
      case "chat_accepted": case "receipt":
        for (const { agent, state } of frame.recipients ?? [frame])
          console.log(`#${frame.msg_id} ${agent}: ${state}`);
        break;
      case "chat": if (frame.sender !== NAME) send("inbox_request"); break;
      case "inbox_snapshot": case "resume_snapshot": frame.messages.forEach(show); break;
      case "release_granted": process.exit(0);
    }
  };
  socket.onerror = () => {}; // `onclose` follows, and is enough.
  socket.onclose = () => {
    setTimeout(connect, pause * (0.5 + Math.random()));
    pause = Math.min(2 * pause, 30000);
  };
}
connect();
