// SPDX-License-Identifier: AGPL-3.0-or-later
// The official SDK's second major (`@modelcontextprotocol/client`) in each of its modes, on stdio
// and over HTTP: with sessions, as it finds out by itself, and pinned to 2026-07-28, the revision
// without them. And what the server costs a model, by a real tokenizer.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Client, StreamableHTTPClientTransport} from '@modelcontextprotocol/client';
import {StdioClientTransport} from '@modelcontextprotocol/client/stdio';
import {countTokens} from 'gpt-tokenizer/encoding/o200k_base';
import {eventually, patience, World} from './world.mjs';

const modes = {legacy: 'legacy', auto: 'auto', pinned: {pin: '2026-07-28'}};
let world;
before(async () => (world = await World.create()));
after(async () => world?.close());

async function connect(carrier, mode, name) {
  const transport = carrier === 'stdio'
    ? new StdioClientTransport(world.parameters(name))
    : new StreamableHTTPClientTransport((await world.serve(name)).url);
  const client = new Client({name: 'client-2', version: '1'},
      {versionNegotiation: {mode: modes[mode]}});
  client.updates = [];
  client.setNotificationHandler('notifications/resources/updated',
      ({params}) => client.updates.push(params.uri));
  await client.connect(transport, {timeout: patience});
  world.clients.push(client);
  return client;
}

async function call(client, name, args = {}) {
  const result = await client.callTool({name, arguments: args}, {timeout: patience});
  return {...result, text: result.content.map((part) => part.text).join('\n')};
}

for (const carrier of ['stdio', 'http']) {
  for (const mode of Object.keys(modes)) {
    test(`${mode} over ${carrier}: tools, resources, refusals and changes`, {timeout: 4 * patience},
        async () => {
          const own = `${mode}-${carrier}`;
          const client = await connect(carrier, mode, own);
          assert.equal((await client.listTools()).tools.length, 11);
          assert.equal((await client.listResources()).resources.length, 4);
          const granted = await call(client, 'synapse_claim', {task_id: own, paths: [own]});
          assert.match(granted.text, new RegExp(`^claimed '${own}' as ${own}:`));
          assert.equal(granted.structuredContent.you, own);
          const refused = await call(client, 'synapse_release', {task_id: 'nothing'});
          assert.equal(refused.isError, true);
          const wrong = await call(client, 'synapse_claim', {task_id: 7});
          assert.equal(wrong.isError, true);
          assert.match(wrong.text, /must be a string/);
          await assert.rejects(client.callTool({name: 'synapse_dance', arguments: {}}));
          await assert.rejects(client.readResource({uri: 'synapse://nothing'}));
          const {contents: [state]} = await client.readResource({uri: 'synapse://state'});
          assert.ok(JSON.parse(state.text).active_claims.some(({task_id: id}) => id === own));

          const uri = 'synapse://board';
          const isModern = mode !== 'legacy';
          const listening = isModern ? await client.listen({resourceSubscriptions: [uri]})
            : await client.subscribeResource({uri});
          client.updates.length = 0;
          await call(client, 'synapse_task_declare', {task_id: own, title: 'T'});
          await eventually('it is told of the change', () => client.updates.includes(uri));
          if (isModern) await listening.close();
          assert.match((await call(client, 'synapse_release', {task_id: own})).text, /released/);
        });
  }
}

test('ten clients in a row that try out what is spoken all connect', {timeout: 4 * patience},
    async () => {
      for (let i = 0; i < 10; ++i) {
        const client = await connect('stdio', 'auto', 'row');
        await call(client, 'synapse_board');
        await client.close();
      }
    });

test('what a model is told of the server is at most 1,500 tokens', {timeout: patience}, async () => {
  const client = await connect('stdio', 'legacy', 'thrifty');
  const told = [(await client.listTools()).tools, (await client.listResources()).resources,
    client.getInstructions()];
  const tokens = told.map((part) => countTokens(JSON.stringify(part)));
  const total = tokens.reduce((sum, count) => sum + count);
  console.log(`tools ${tokens[0]}, resources ${tokens[1]}, instructions ${tokens[2]} tokens`);
  assert.ok(total <= 1500, `${total} tokens`);
});

test('the state of a hundred claims is at most 1,500 tokens', {timeout: 2 * patience}, async () => {
  const client = await connect('stdio', 'legacy', 'busy-agent');
  for (let i = 0; i < 100; ++i) {
    const paths = [`src/part${i}/a.cpp`, `src/part${i}/b.cpp`];
    await call(client, 'synapse_claim', {task_id: `BIG-${i}`, paths});
  }
  const {text} = await call(client, 'synapse_state');
  const tokens = countTokens(text);
  console.log(`the state of 100 claims: ${text.length} characters, ${tokens} tokens`);
  assert.ok(tokens <= 1500, `${tokens} tokens`);
});
