// SPDX-License-Identifier: AGPL-3.0-or-later
// The official SDK's client drives `synapse mcp` on stdio against a real hub.
import assert from 'node:assert/strict';
import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {mkdirSync, realpathSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {testSession} from './scenarios.mjs';
import {environment, patience, program, World} from './world.mjs';

let world;
before(async () => (world = await World.create()));
after(async () => world?.close());

testSession(() => world);

test('nothing but protocol goes to stdout', {timeout: patience}, () => {
  const noHub = spawnSync(program, ['mcp', '--uri', 'ws://127.0.0.1:1'],
      {env: environment, input: '', encoding: 'utf8'});
  assert.equal(noHub.status, 0);
  assert.equal(noHub.stdout, '');

  const initialize = {jsonrpc: '2.0', id: 1, method: 'initialize', params: {
    protocolVersion: '2025-11-25', capabilities: {}, clientInfo: {name: 'raw', version: '1'}}};
  const board = {jsonrpc: '2.0', id: 2, method: 'tools/call', params: {name: 'synapse_board'}};
  const input = ['{"broken', `{"long": "${'x'.repeat(2 ** 20)}"}`, JSON.stringify(initialize), '',
    JSON.stringify(board)].join('\n');
  const raw = spawnSync(program, ['mcp', '--uri', world.uri, '--name', 'raw'],
      {env: environment, input, encoding: 'utf8'});
  assert.equal(raw.status, 0, raw.stderr);
  assert.equal(raw.stderr, '');
  const answers = raw.stdout.trimEnd().split('\n').map((line) => JSON.parse(line));
  assert.deepEqual(answers.map(({id, error}) => error?.code ?? id), [-32700, -32600, 1, 2]);
});

test('paths are taken from the folder, and belong to the repository that they lie in', {timeout: patience}, () => {
  const repository = join(world.folder, 'repository');
  mkdirSync(join(repository, '.git'), {recursive: true});
  mkdirSync(join(repository, 'src'));
  const claim = (id, paths) => JSON.stringify({jsonrpc: '2.0', id, method: 'tools/call',
    params: {name: 'synapse_claim', arguments: {task_id: `in-${id}`, paths}}});
  const initialize = JSON.stringify({jsonrpc: '2.0', id: 0, method: 'initialize',
    params: {protocolVersion: '2025-11-25'}});
  const input = [initialize, claim(1, ['a.c', join(repository, 'docs/*.md')]), claim(2, ['../..']),
    claim(3, ['a.c', '../../o.c'])].join('\n');
  const words = ['mcp', '--uri', world.uri, '--name', 'placed', '--folder', join(repository, 'src')];
  const run = spawnSync(program, words, {env: environment, input, encoding: 'utf8'});
  const answers = run.stdout.trimEnd().split('\n').map((line) => JSON.parse(line).result);
  assert.deepEqual(answers[1].structuredContent.paths, ['src/a.c', 'docs/*.md']);
  assert.equal(answers[1].structuredContent.worktree, realpathSync(repository));
  assert.equal(answers[2].structuredContent.worktree, '');
  const outside = realpathSync(world.folder).slice(1);
  assert.deepEqual(answers[2].structuredContent.paths, ['../..', outside]);
  assert.equal(answers[3].isError, true);
  assert.match(answers[3].content[0].text, /in no repository: claim them as two tasks/);
  const nowhere = spawnSync(program, ['mcp', '--folder', join(world.folder, 'none')],
      {env: environment, input: '', encoding: 'utf8'});
  assert.equal(nowhere.status, 2);
  assert.match(nowhere.stderr, /is no folder/);
});

test('a signal ends the server at once, cleanly', {timeout: patience}, async () => {
  const {command, args} = world.parameters('signalled');
  const server = spawn(command, args, {env: environment, stdio: ['pipe', 'pipe', 'inherit']});
  server.stdin.write('{"jsonrpc":"2.0","id":1,"method":"ping"}\n');
  await once(server.stdout, 'data');
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null]);
});
