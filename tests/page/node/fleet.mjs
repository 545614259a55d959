// SPDX-License-Identifier: AGPL-3.0-or-later
// A hub of the program under test, and agents that speak to it: what the page is looked at with.
import {spawn} from 'node:child_process';
import {createHash, randomBytes} from 'node:crypto';
import {mkdtempSync, rmSync} from 'node:fs';
import {connect} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

export const patience = 60_000;

export async function until(what, test) {
  const end = Date.now() + patience;
  for (;;) {
    const found = await test();
    if (found) return found;
    if (Date.now() > end) throw new Error(`this did not come: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export class Hub {
  constructor(...options) {
    this.folder = mkdtempSync(join(tmpdir(), 'synapse-page-'));
    this.db = join(this.folder, 'hub.db');
    this.options = ['--db', this.db, ...options];
    this.port = 0;
  }

  async start() {
    this.process = spawn(process.env.SYNAPSE_BIN, ['hub', '--port', String(this.port), '--no-socket',
      ...this.options], {stdio: ['ignore', 'ignore', 'pipe']});
    let text = '';
    this.process.stderr.on('data', (part) => { text += part; });
    const served = await until('the hub', () => /serving on wss?:\/\/[^ ]*:(\d+)/.exec(text));
    this.port = Number(served[1]);
    return this;
  }

  // Without a log.
  static forgetful() {
    const hub = new Hub();
    hub.options = [];
    return hub;
  }

  async stop() {
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill('SIGTERM');
    await ended;
  }

  async end() {
    if (this.process && this.process.exitCode === null) await this.stop();
    rmSync(this.folder, {recursive: true, force: true});
  }

  get address() { return `http://localhost:${this.port}/`; }
}

// A WebSocket of few words: text frames of clients, whole frames of the hub.
export class Agent {
  constructor(hub, name, more = {}) {
    this.hub = hub;
    this.name = name;
    this.more = more;
    this.frames = [];
    this.rest = Buffer.alloc(0);
  }

  async connect() {
    this.socket = connect(this.hub.port, '127.0.0.1');
    this.socket.on('error', () => {});
    const key = randomBytes(16).toString('base64');
    this.socket.write(`GET / HTTP/1.1\r\nHost: localhost:${this.hub.port}\r\nUpgrade: websocket\r\n` +
      `Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n` +
      `${this.more.origin ? `Origin: ${this.more.origin}\r\n` : ''}\r\n`);
    this.accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    this.socket.on('data', (part) => this.read(part));
    await until(`${this.name} at the hub`, () => this.isOpen || this.refused);
    if (this.isOpen) {
      await this.ask({type: 'heartbeat_or_not', interest: {types: [], chat: 'none'}}, (f) => f.type === 'error');
    }
    return this;
  }

  read(part) {
    this.rest = Buffer.concat([this.rest, part]);
    if (!this.isOpen) {
      const end = this.rest.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = this.rest.subarray(0, end).toString();
      this.rest = this.rest.subarray(end + 4);
      if (!head.includes(this.accept)) return void (this.refused = head);
      this.isOpen = true;
    }
    for (;;) {
      if (this.rest.length < 2) return;
      let length = this.rest[1] & 127;
      let at = 2;
      if (length === 126) length = this.rest.length < 4 ? Infinity : this.rest.readUInt16BE(2), at = 4;
      else if (length === 127) length = this.rest.length < 10 ? Infinity : Number(this.rest.readBigUInt64BE(2)), at = 10;
      if (this.rest.length < at + length) return;
      const opcode = this.rest[0] & 15;
      const body = this.rest.subarray(at, at + length);
      this.rest = this.rest.subarray(at + length);
      if (opcode === 1) this.frames.push(JSON.parse(body.toString()));
      if (opcode === 9) this.write(10, body);
      if (opcode === 8) this.closeCode = body.length > 1 ? body.readUInt16BE(0) : 1005;
    }
  }

  write(opcode, body) {
    const mask = randomBytes(4);
    const head = body.length < 126 ? Buffer.from([128 | opcode, 128 | body.length]) :
      body.length < 65536 ? Buffer.from([128 | opcode, 128 | 126, body.length >> 8, body.length & 255]) :
        Buffer.concat([Buffer.from([128 | opcode, 128 | 127, 0, 0, 0, 0]),
          Buffer.from([body.length >>> 24, body.length >>> 16 & 255, body.length >>> 8 & 255, body.length & 255])]);
    const masked = Buffer.from(body);
    for (let i = 0; i < masked.length; i++) masked[i] ^= mask[i & 3];
    this.socket.write(Buffer.concat([head, mask, masked]));
  }

  say(frame) { this.write(1, Buffer.from(JSON.stringify({sender: this.name, ...frame, token: this.more.token}))); }

  async ask(frame, test) {
    const from = this.frames.length;
    this.say(frame);
    return until(`an answer to ${JSON.stringify(frame).slice(0, 200)}`, () => this.frames.slice(from).find(test));
  }

  claim(task, paths, more = {}) {
    return this.ask({type: 'claim', task_id: task, paths, worktree: '/src/shop', ...more},
      (f) => f.task_id === task && /^claim_/.test(f.type));
  }

  leave() { this.socket.destroy(); }
}

// Five agents and a plan: everything that the page can show, once.
export async function smallFleet(hub) {
  const agents = {};
  for (const name of ['alice', 'bob', 'carol', 'dave', 'erin', 'alice-rx', 'bob-rx', 'erin-rx']) {
    agents[name] = await new Agent(hub, `shop/${name}`).connect();
  }
  const {alice, bob, carol, dave, erin} = agents;
  const task = (task_id, title, depends_on = [], suggested_owner = '') =>
    alice.ask({type: 'ledger_task', task_id, title, depends_on, suggested_owner}, (f) => f.type === 'ledger_task_posted');
  await task('PARSE', 'Parse orders from the new feed');
  await task('STORE', 'Keep orders in the ledger', ['PARSE'], 'shop/bob');
  await task('API', 'Serve orders over HTTP', ['STORE'], 'shop/carol');
  await task('PAGE', 'A page that lists orders', ['API'], 'shop/dave');
  await task('AUTH', 'Log in with a passkey', [], 'shop/erin');
  await task('DOCS', 'Say how to run it', ['PAGE', 'AUTH']);
  await task('BENCH', 'Ten thousand orders a second', ['STORE']);
  const update = (task_id, status) => alice.ask({type: 'ledger_task_update', task_id, status},
    (f) => f.type === 'ledger_task_updated');
  await update('PARSE', 'in_progress');
  await update('AUTH', 'blocked');
  await carol.ask({type: 'advertise', description: 'Writes HTTP services', skills: ['http', 'go'], model: 'local'},
    (f) => f.type === 'capability_advertised');
  await alice.claim('PARSE', ['src/parser/**', 'src/feed.cpp', 'tests/parser'], {note: 'the new feed has no header', ttl_seconds: 2400});
  await carol.claim('API', ['src/http/server.cpp', 'src/http/routes.cpp'], {ttl_seconds: 1800});
  await dave.claim('PAGE', ['web/index.html', 'web/*.css'], {ttl_seconds: 2700});
  await erin.claim('AUTH', ['src/auth'], {ttl_seconds: 3600});
  await alice.ask({type: 'checkpoint', task_id: 'PARSE', checkpoint: 'lexer done, grammar half way'}, (f) => f.type === 'checkpoint_saved');
  await carol.ask({type: 'task_update', task_id: 'API', status: 'working'}, (f) => f.type === 'task_updated');
  await bob.claim('STORE', ['src/parser/order.cpp', 'src/ledger'], {wait: true});
  await carol.claim('FIX-7', ['src/auth/login.cpp'], {wait: true});
  await bob.claim('TRY', ['src/http/routes.cpp']);
  await bob.claim('TRY', ['src/http/routes.cpp']);
  await dave.claim('LINT', ['src/auth/passkey.cpp']);
  await carol.ask({type: 'wait_request', task_id: 'PARSE'}, (f) => /^wait_/.test(f.type));
  await erin.ask({type: 'ledger_progress', task_id: 'AUTH', kind: 'blocked', text: 'the test device is gone; who has it?'},
    (f) => f.type === 'ledger_progress_posted');
  const say = (agent, target, payload, more = {}) => agent.ask({type: 'chat', target, payload, receipt: true, ...more},
    (f) => f.type === 'chat_accepted');
  await say(alice, 'shop/bob', 'The parser is mine until noon; src/ledger is yours.', {thread: 'parser'});
  await say(bob, 'shop/alice', 'Thanks. Can you leave order.cpp out? I only need that one.', {thread: 'parser'});
  await say(alice, 'shop/bob', 'In ten minutes.', {thread: 'parser'});
  await say(erin, 'shop/frank', 'Do you have the passkey device?');
  await say(dave, 'all', 'The page compiles again.');
  const bobs = await bob.ask({type: 'inbox_request'}, (f) => f.type === 'inbox_snapshot');
  await bob.ask({type: 'seen', msg_ids: [bobs.messages[0].msg_id]}, (f) => f.type === 'delivery_noted');
  return agents;
}
