// SPDX-License-Identifier: AGPL-3.0-or-later
// A hub, a worker that answers by rule, and a bridge, all of the program under test.
import assert from 'node:assert/strict';
import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, rmSync} from 'node:fs';
import net from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

export const program = process.env.SYNAPSE_BIN;
assert.ok(program, 'set SYNAPSE_BIN to the synapse program (ctest does)');

export const patience = 30_000;

// Without what would steer the program from outside.
const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(SYN|XDG_|GIT_)/.test(name)));

export async function eventually(what, condition) {
  const end = Date.now() + patience;
  for (;;) {
    const value = await condition();
    if (value) return value;
    assert.ok(Date.now() < end, `${what}: not within ${patience} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const {port} = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

export class World {
  static async create() {
    const world = new World();
    world.folder = mkdtempSync(join(tmpdir(), 'synapse-a2a-'));
    const port = await freePort();
    world.uri = `ws://127.0.0.1:${port}`;
    world.children = [];
    world.start('hub', '--port', String(port));
    await eventually('the hub answers', () =>
        spawnSync(program, ['health', '--uri', world.uri], {env: environment}).status === 0);
    world.start('worker', '--uri', world.uri, '--name', 'BOT', '--provider', 'rule');
    await eventually('the worker is there', () =>
        spawnSync(program, ['manifest', '--uri', world.uri], {env: environment})
            .stdout.includes('BOT'));
    return world;
  }

  start(...words) {
    const child = spawn(program, words,
        {env: environment, cwd: this.folder, stdio: ['ignore', 'pipe', 'inherit']});
    child.output = '';
    child.stdout.on('data', (bytes) => (child.output += bytes));
    this.children.push(child);
    return child;
  }

  // The URL of a bridge that gives tasks to BOT. Those for agents that are away wait for them.
  async bridge(name, ...more) {
    const url = `http://127.0.0.1:${await freePort()}`;
    const child = this.start('a2a-serve', '--uri', this.uri, '--name', name, '--target', 'BOT',
        '--wait-for-target', '--port', new URL(url).port, '--endpoint-url', url, ...more);
    await eventually(`${name} listens`, () => {
      assert.equal(child.exitCode, null, `${name} ended`);
      return child.output.includes('listening');
    });
    return url;
  }

  async close() {
    for (const child of this.children.reverse()) {
      if (child.exitCode !== null) continue;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      const [code] = await ended;
      assert.equal(code, 0, child.spawnargs.join(' '));
    }
    rmSync(this.folder, {recursive: true, force: true});
  }
}
