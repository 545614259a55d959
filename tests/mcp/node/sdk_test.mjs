// SPDX-License-Identifier: AGPL-3.0-or-later
// The official SDK's client drives `synapse mcp` against a real hub: every tool, every resource and
// subscriptions in each revision; then what goes wrong.
import assert from 'node:assert/strict';
import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {mkdirSync, realpathSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {call, environment, eventually, patience, program, read, World} from './world.mjs';

const revisions = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'];
const tools = [
  'synapse_board', 'synapse_claim', 'synapse_handoff', 'synapse_manifest', 'synapse_release',
  'synapse_send', 'synapse_state', 'synapse_task_declare', 'synapse_task_update',
];

let world;
before(async () => (world = await World.create()));
after(async () => world?.close());

for (const revision of revisions) {
  test(`every tool and resource works in ${revision}`, {timeout: 4 * patience}, async () => {
    const alice = await world.join(`alice-${revision}`, revision);
    const bob = await world.join(`bob-${revision}`, revision);
    assert.equal(alice.revision, revision);
    assert.equal(alice.getServerVersion().name, 'synapse');
    const listed = (await alice.listTools()).tools;
    assert.deepEqual(listed.map((tool) => tool.name).sort(), tools);
    const isStructured = revision >= '2025-06-18';
    assert.equal(listed.every((tool) => tool.outputSchema !== undefined), isStructured);
    assert.equal(listed.some((tool) => tool.annotations !== undefined), revision > '2024-11-05');

    const id = `t-${revision}`;
    const claim = {task_id: id, paths: [`src/${revision}`, 'docs/*.md']};
    const granted = await call(alice, 'synapse_claim', claim);
    assert.match(granted.text, new RegExp(`claimed '${id}'`));
    assert.equal(granted.structured?.task_id, isStructured ? id : undefined);
    const refused = await call(bob, 'synapse_claim', {task_id: 'x', paths: ['docs/a.md']}, 'refused');
    assert.match(refused.text, new RegExp(`alice-${revision}`));
    assert.equal(refused.structured?.holder, isStructured ? `alice-${revision}` : undefined);
    const missing = {task_id: id, to_agent: 'nobody'};
    assert.match((await call(alice, 'synapse_handoff', missing, 'refused')).text, /nobody/);
    await call(alice, 'synapse_handoff', {task_id: id, to_agent: `bob-${revision}`});
    const held = JSON.parse((await call(alice, 'synapse_state')).text).active_claims;
    assert.equal(held.find((lease) => lease.task_id === id)?.owner, `bob-${revision}`);
    await call(alice, 'synapse_release', {task_id: id}, 'refused');
    await call(bob, 'synapse_release', {task_id: id});
    assert.ok(!(await read(alice, 'state')).active_claims.some((lease) => lease.task_id === id));

    const waiter = spawn(program, ['wait', '--uri', world.uri, '--name', `carol-${revision}`,
      '--timeout', '30'], {env: environment});
    let heard = '';
    waiter.stdout.on('data', (bytes) => (heard += bytes));
    await eventually('the waiter is online', async () => (await read(alice, 'state')).agents
        .some(({agent}) => agent === `carol-${revision}-rx`));
    const message = {target: `carol-${revision}`, message: 'wake "up"\n\u{1F9E0}'};
    const ended = once(waiter, 'exit');
    await call(alice, 'synapse_send', message);
    assert.equal((await ended)[0], 0);
    assert.match(heard, /wake "up"/);

    const first = `p-${revision}`;
    const second = {task_id: `q-${revision}`, title: 'Second', depends_on: [first]};
    await call(alice, 'synapse_task_declare', {task_id: first, title: 'First'});
    await call(alice, 'synapse_task_declare', second);
    const circle = {task_id: first, title: 'First', depends_on: [second.task_id]};
    await call(alice, 'synapse_task_declare', circle, 'refused');
    const update = {task_id: first, status: 'done', suggested_owner: 'bob'};
    assert.match((await call(alice, 'synapse_task_update', update)).text, /done/);
    await call(alice, 'synapse_task_update', {task_id: 'none', status: 'done'}, 'refused');
    const board = JSON.parse((await call(bob, 'synapse_board')).text);
    assert.equal(board.tasks.find((task) => task.task_id === first).suggested_owner, 'bob');
    assert.ok(board.ready.includes(second.task_id));
    assert.deepEqual(await read(bob, 'board'), board);
    assert.deepEqual(JSON.parse((await call(bob, 'synapse_manifest')).text), {manifest: []});
    assert.deepEqual(await read(bob, 'manifest'), {manifest: []});
    assert.deepEqual(alice.errors.concat(bob.errors), []);
  });

  test(`subscriptions tell of changes in ${revision}`, {timeout: 4 * patience}, async () => {
    const watcher = await world.join(`watcher-${revision}`, revision);
    const actor = await world.join(`actor-${revision}`, revision);
    const uris = (await watcher.listResources()).resources.map(({uri}) => uri);
    assert.deepEqual(uris.sort(), ['synapse://board', 'synapse://manifest', 'synapse://state']);
    assert.deepEqual((await watcher.listResourceTemplates()).resourceTemplates, []);
    const saw = (uri) => eventually(`an update of ${uri}`, () => watcher.updates.includes(uri));
    const claim = {task_id: `s-${revision}`, paths: [`sub/${revision}`]};
    const declare = {task_id: `d-${revision}`, title: 'Declared'};

    await watcher.subscribeResource({uri: 'synapse://board'});
    await watcher.subscribeResource({uri: 'synapse://state'});
    await watcher.subscribeResource({uri: 'synapse://manifest'});
    await call(actor, 'synapse_claim', claim);
    await saw('synapse://state');
    await call(actor, 'synapse_task_declare', declare);
    await saw('synapse://board');
    // A card goes with its agent.
    await actor.close();
    await saw('synapse://manifest');

    await watcher.unsubscribeResource({uri: 'synapse://board'});
    watcher.updates.length = 0;
    await call(watcher, 'synapse_task_declare', declare);
    await call(watcher, 'synapse_claim', {task_id: `u-${revision}`, paths: [`own/${revision}`]});
    await saw('synapse://state');
    assert.ok(!watcher.updates.includes('synapse://board'));
    await watcher.close();
  });
}

test('a client of an unknown revision gets the newest', {timeout: patience}, async () => {
  const client = await world.join('future', '2099-01-01');
  assert.equal(client.revision, '2025-11-25');
});

test('bad requests get the error of their kind, and the session goes on', {timeout: patience},
    async () => {
      const client = await world.join('clumsy');
      const rejects = async (code, request) => {
        const hasCode = (error) => error.code === code || assert.fail(`${error.code}: ${error}`);
        await assert.rejects(request, hasCode);
      };
      const tool = (name, args) => client.callTool({name, arguments: args});
      await rejects(-32602, tool('synapse_claim', {}));
      await rejects(-32602, tool('synapse_claim', {task_id: 7}));
      await rejects(-32602, tool('synapse_claim', {task_id: 't', paths: 'src'}));
      await rejects(-32602, tool('synapse_claim', {task_id: 't', files: ['src']}));
      await rejects(-32602, tool('synapse_task_update', {task_id: 't', status: 'odd'}));
      await rejects(-32602, tool('synapse_task_update', {task_id: 't'}));
      await rejects(-32602, tool('synapse_dance', {}));
      await rejects(-32002, client.readResource({uri: 'synapse://nothing'}));
      await rejects(-32002, client.subscribeResource({uri: 'synapse://nothing'}));
      await rejects(-32601, client.listPrompts().catch((error) => {
        // The SDK itself knows that the server has none.
        throw Object.assign(error, {code: -32601});
      }));
      await client.ping();
    });

test('a hub that restarts is noticed by the call in flight alone', {timeout: 4 * patience},
    async () => {
      const client = await world.join('steady', undefined, '--request-timeout', '20');
      const impatient = await world.join('impatient', undefined, '--request-timeout', '0.3');
      const claim = {task_id: 'kept', paths: ['kept']};
      await call(client, 'synapse_claim', claim);
      await world.stopHub();
      const failed = await call(impatient, 'synapse_board', {}, 'refused');
      assert.match(failed.text, /can't be reached/);
      await impatient.ping();
      // Given up by its caller while it waits for the hub: nobody gets an answer.
      const abort = new AbortController();
      const given = client.callTool({name: 'synapse_claim', arguments: {task_id: 'dropped', paths: ['d']}},
          undefined, {signal: abort.signal});
      await client.ping();
      abort.abort('changed my mind');
      await assert.rejects(given);
      const waiting = call(client, 'synapse_board', {});
      await client.ping();
      await world.startHub();
      const {text: answered} = await waiting;
      // This hub keeps no log: the lease is taken again, and its holder is told.
      const leases = await eventually('the lease is held again', async () => {
        const {active_claims: claims} = await read(client, 'state');
        return claims.some(({task_id: id}) => id === 'kept') && claims;
      });
      assert.ok(!leases.some(({task_id: id}) => id === 'dropped'), 'a cancelled claim is given back');
      // With whichever result was the next.
      const {text: released} = await call(client, 'synapse_release', {task_id: 'kept'});
      assert.match(answered + released, /'kept' had ended and was taken again/);
      await call(impatient, 'synapse_board', {});
      assert.deepEqual(client.errors, []);
    });

test('nothing but protocol goes to stdout', {timeout: patience}, () => {
  const noHub = spawnSync(program, ['mcp', '--uri', 'ws://127.0.0.1:1'],
      {env: environment, input: '', encoding: 'utf8'});
  assert.equal(noHub.status, 1);
  assert.equal(noHub.stdout, '');
  assert.match(noHub.stderr, /Could not reach hub/);

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

test('paths are taken from the folder, up to the top of its repository', {timeout: patience}, () => {
  const repository = join(world.folder, 'repository');
  mkdirSync(join(repository, '.git'), {recursive: true});
  mkdirSync(join(repository, 'src'));
  const claim = (id, paths) => JSON.stringify({jsonrpc: '2.0', id, method: 'tools/call',
    params: {name: 'synapse_claim', arguments: {task_id: `in-${id}`, paths}}});
  const initialize = JSON.stringify({jsonrpc: '2.0', id: 0, method: 'initialize',
    params: {protocolVersion: '2025-11-25'}});
  const input = [initialize, claim(1, ['a.c', join(repository, 'docs/*.md')]), claim(2, ['../..'])]
      .join('\n');
  const words = ['mcp', '--uri', world.uri, '--name', 'placed', '--folder', join(repository, 'src')];
  const run = spawnSync(program, words, {env: environment, input, encoding: 'utf8'});
  const answers = run.stdout.trimEnd().split('\n').map((line) => JSON.parse(line).result);
  assert.deepEqual(answers[1].structuredContent.paths, ['src/a.c', 'docs/*.md']);
  assert.equal(answers[1].structuredContent.worktree, realpathSync(repository));
  assert.equal(answers[2].isError, true);
  assert.match(answers[2].content[0].text, /outside of the repository/);
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
