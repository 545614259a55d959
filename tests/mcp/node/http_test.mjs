// SPDX-License-Identifier: AGPL-3.0-or-later
// The official SDK's client drives `synapse mcp --http` against a real hub: all that it does on
// stdio; then what only HTTP has.
import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {Client} from '@modelcontextprotocol/sdk/client/index.js';
import {StreamableHTTPClientTransport} from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {testSession} from './scenarios.mjs';
import {call, eventually, patience, read, World} from './world.mjs';

let world;
before(async () => (world = await World.create('http')));
after(async () => world?.close());

testSession(() => world);

// A connection that can be cut in the middle of an answer.
function cuttable(server) {
  const cuts = [];
  const transport = new StreamableHTTPClientTransport(server.url, {
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return response;
      const reader = response.body.getReader();
      const body = new ReadableStream({
        start: (controller) => {
          cuts.push(() => {
            reader.cancel();
            controller.error(new Error('cut'));
          });
        },
        pull: async (controller) => {
          const {done, value} = await reader.read().catch(() => ({done: true}));
          try {
            done ? controller.close() : controller.enqueue(value);
          } catch {
            // It was cut meanwhile.
          }
        },
      });
      return new Response(body, response);
    },
    reconnectionOptions: {initialReconnectionDelay: 10, maxReconnectionDelay: 100,
      reconnectionDelayGrowFactor: 1, maxRetries: 100},
  });
  transport.cut = () => cuts.splice(0).forEach((cut) => cut());
  return transport;
}

test('clients of one server are agents of their own, by the name in their URL', {timeout: patience},
    async () => {
      const server = await world.serve('shared');
      const named = (name) => new URL(`${server.url}/${name}`);
      const [one, other] = await Promise.all(['ann', 'bob'].map(
          (name) => world.connect(new StreamableHTTPClientTransport(named(`shop/${name}`)))));
      assert.notEqual(one.transport.sessionId, other.transport.sessionId);
      await one.subscribeResource({uri: 'synapse://state'});
      await call(other, 'synapse_claim', {task_id: 'shared', paths: ['shared']});
      await eventually('the other is told', () => one.updates.includes('synapse://state'));
      assert.deepEqual(other.updates, []);
      const refused = await call(one, 'synapse_claim', {task_id: 'mine', paths: ['shared/a']},
          'refused');
      assert.equal(refused.structured.holder, 'shop/bob');
      // A session that its client ends gives back what it held.
      await other.transport.terminateSession();
      await eventually('it is given back', async () => !(await read(one, 'state')).active_claims
          .some(({task_id: id}) => id === 'shared'));
      await call(one, 'synapse_claim', {task_id: 'mine', paths: ['shared/a']});
    });

test('a client goes on when its server was started again', {timeout: 2 * patience}, async () => {
  const port = new URL((await world.serve('again')).url).port;
  await world.servers.at(-1).stop();
  const environmentOfRun = {XDG_STATE_HOME: join(world.folder, 'state')};
  const serve = () => world.serveAt(port, 'again', environmentOfRun);
  const server = await serve();
  const client = await world.connect(new StreamableHTTPClientTransport(server.url));
  await call(client, 'synapse_board', {});
  await server.stop();
  await serve();
  assert.match((await call(client, 'synapse_state', {})).text, /^you are again/);
});

test('events that were lost with a connection come over the next', {timeout: 2 * patience},
    async () => {
      const server = await world.serve('cut');
      const transport = cuttable(server);
      const client = await world.connect(transport);
      const actor = await world.connect(new StreamableHTTPClientTransport(server.url));
      await client.subscribeResource({uri: 'synapse://state'});
      for (const id of ['first', 'second', 'third']) {
        client.updates.length = 0;
        await call(actor, 'synapse_claim', {task_id: id, paths: [id]});
        await eventually(`${id} is told of`, () => client.updates.length > 0);
        transport.cut();
      }
    });

test('an answer that was lost with its connection comes over the next', {timeout: 4 * patience},
    async () => {
      const server = await world.serve('patient', '--request-timeout', '30');
      const transport = cuttable(server);
      const client = await world.connect(transport);
      await call(client, 'synapse_board', {}); // It has a hub to wait for.
      await world.stopHub();
      let isStreaming = false;
      const options = {timeout: 2 * patience, onresumptiontoken: () => (isStreaming = true)};
      const asked = client.callTool({name: 'synapse_board', arguments: {}}, undefined, options);
      await eventually('the answer became a stream', () => isStreaming);
      transport.cut();
      await world.startHub();
      const answered = await asked;
      assert.ok(!answered.isError, JSON.stringify(answered));
    });

test('of fifty sessions one reads nothing, and the others do not notice', {timeout: 6 * patience},
    async () => {
      const server = await world.serve('crowd');
      // Its stream is opened, and never read from.
      const deaf = new StreamableHTTPClientTransport(new URL(`${server.url}/crowd/deaf`), {
        fetch: async (url, init) => {
          const response = await fetch(url, init);
          return init?.method === 'GET' ? new Response(new ReadableStream({}), response) : response;
        },
      });
      const slow = await world.connect(deaf);
      await slow.subscribeResource({uri: 'synapse://state'});
      const others = await Promise.all(Array.from({length: 49}, (_, i) => world.connect(
          new StreamableHTTPClientTransport(new URL(`${server.url}/crowd/agent-${i}`)))));
      await Promise.all(others.map((one) => one.subscribeResource({uri: 'synapse://state'})));
      for (let round = 0; round < 10; ++round) {
        await Promise.all(others.map(async (one, i) => {
          const task = `c${i}`;
          const granted = await call(one, 'synapse_claim', {task_id: task, paths: [task]});
          assert.equal(granted.structured.you, `crowd/agent-${i}`);
          await call(one, 'synapse_release', {task_id: task});
        }));
      }
      await eventually('each of the others is told', () => others.every(
          ({updates}) => updates.includes('synapse://state')));
      assert.deepEqual(slow.updates, []);
      await call(slow, 'synapse_board', {});
    });

test('a token is asked for, and a stranger is told so', {timeout: patience}, async () => {
  const file = join(world.folder, 'token');
  writeFileSync(file, 'secret\n', {mode: 0o600});
  const server = await world.serve('guarded', '--http-token-file', file);
  const stranger = new Client({name: 'stranger', version: '1'});
  await assert.rejects(stranger.connect(new StreamableHTTPClientTransport(server.url)),
      /bearer token/);
  const headers = {Authorization: 'Bearer secret'};
  const client = await world.connect(
      new StreamableHTTPClientTransport(server.url, {requestInit: {headers}}));
  await call(client, 'synapse_board', {});
});

test('a signal ends the server and its streams', {timeout: patience}, async () => {
  const server = await world.serve('signalled');
  await world.connect(new StreamableHTTPClientTransport(server.url));
  assert.deepEqual(await server.stop(), [0, null]);
});
