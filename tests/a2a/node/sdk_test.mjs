// SPDX-License-Identifier: AGPL-3.0-or-later
// The official JavaScript SDK drives `synapse a2a-serve` over both of its bindings: card, send,
// stream, get, list, cancel, subscribe, push configs; then what goes wrong.
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {after, before, test} from 'node:test';
import {Role, TaskState} from '@a2a-js/sdk';
import {
  ClientFactory, ClientFactoryOptions, DefaultAgentCardResolver, JsonRpcTransportFactory,
  RestTransportFactory,
} from '@a2a-js/sdk/client';
import {eventually, patience, World} from './world.mjs';

const answered = /I answer by rule/;
let world;
let url;
let guarded;
before(async () => {
  world = await World.create();
  url = await world.bridge('BRIDGE');
  guarded = await world.bridge('GUARDED', '--bearer-auth', '--a2a-token', 's3cret',
      '--state-file', 'state.json');
});
after(async () => world?.close());

function connect(binding, base = url, token = undefined) {
  const fetchImpl = (target, init) => fetch(target, {
    ...init,
    headers: {...init?.headers, ...(token && {Authorization: `Bearer ${token}`})},
  });
  const factory = new ClientFactory(ClientFactoryOptions.createFrom(ClientFactoryOptions.default, {
    transports: [new JsonRpcTransportFactory({fetchImpl}), new RestTransportFactory({fetchImpl})],
    preferredTransports: [binding],
    cardResolver: new DefaultAgentCardResolver({fetchImpl}),
  }));
  return factory.createFromUrl(base);
}

// What a client sends. NOBODY never answers.
function message(text, target = '', more = {}) {
  return {
    tenant: '',
    message: {
      messageId: randomUUID(), contextId: '', taskId: '', role: Role.ROLE_USER,
      parts: [{content: {$case: 'text', value: text}, filename: '', mediaType: ''}],
      metadata: target ? {target} : undefined, extensions: [], referenceTaskIds: [],
      ...more,
    },
    configuration: undefined,
    metadata: undefined,
  };
}

function atOnce(params) {
  params.configuration = {acceptedOutputModes: [], taskPushNotificationConfig: undefined,
    returnImmediately: true};
  return params;
}

const text = (parts) => parts.map((part) => part.content.value).join('\n');

for (const binding of ['JSONRPC', 'HTTP+JSON']) {
  const only = {timeout: 4 * patience};

  test(`${binding}: the card is found and names the worker`, only, async () => {
    const client = await connect(binding);
    const card = await client.getAgentCard();
    assert.ok(card.skills.some(({name}) => name === 'BOT'));
    assert.equal(card.capabilities.streaming, true);
    assert.equal(client.protocolVersion, '1.0');
  });

  test(`${binding}: a message becomes a task that the worker answers`, only, async () => {
    const client = await connect(binding);
    // It waits for the end, though nothing is said of that.
    const sent = await client.sendMessage(message('hello'));
    assert.equal(sent.status.state, TaskState.TASK_STATE_COMPLETED);
    const ended = await client.getTask({tenant: '', id: sent.id});
    assert.match(text(ended.artifacts[0].parts), answered);
    assert.equal(ended.history.length, 2);
    assert.equal(ended.history[1].role, Role.ROLE_AGENT);
    assert.equal(ended.metadata.synapseTarget, 'BOT');
    const short = await client.getTask({tenant: '', id: sent.id, historyLength: 1});
    assert.equal(short.history.length, 1);
  });

  test(`${binding}: who asks for an answer at once has it`, only, async () => {
    const client = await connect(binding);
    const {status} = await client.sendMessage(atOnce(message('hello')));
    assert.equal(status.state, TaskState.TASK_STATE_WORKING);
  });

  test(`${binding}: a stream goes on until the task is over`, only, async () => {
    const client = await connect(binding);
    const events = [];
    for await (const {payload} of client.sendMessageStream(message('hello'))) events.push(payload);
    assert.equal(events[0].$case, 'task');
    const artifact = events.find(({$case}) => $case === 'artifactUpdate');
    assert.match(text(artifact.value.artifact.parts), answered);
    assert.equal(events.at(-1).$case, 'statusUpdate');
    assert.equal(events.at(-1).value.status.state, TaskState.TASK_STATE_COMPLETED);
  });

  test(`${binding}: a subscription hears of the end that another client makes`, only, async () => {
    const client = await connect(binding);
    const {id} = await client.sendMessage(atOnce(message('wait', 'NOBODY')));
    const states = [];
    for await (const {payload} of client.resubscribeTask({tenant: '', id})) {
      states.push(payload.value.status.state);
      if (states.length > 1) continue;
      const canceled = await client.cancelTask({tenant: '', id, metadata: undefined});
      assert.equal(canceled.status.state, TaskState.TASK_STATE_CANCELED);
    }
    assert.deepEqual(states, [TaskState.TASK_STATE_WORKING, TaskState.TASK_STATE_CANCELED]);
    await assert.rejects(async () => {
      for await (const event of client.resubscribeTask({tenant: '', id})) assert.fail(event);
    }, {reason: 'UNSUPPORTED_OPERATION'});
  });

  test(`${binding}: lists are paged and narrowed`, only, async () => {
    const client = await connect(binding);
    const contextId = `c-${randomUUID()}`;
    for (let i = 0; i < 3; ++i) await client.sendMessage(atOnce(message('x', 'NOBODY', {contextId})));
    const ids = new Set();
    let pageToken = '';
    let pages = 0;
    do {
      const page = await client.listTasks({tenant: '', contextId, status: 0, pageSize: 2,
        pageToken});
      assert.equal(page.totalSize, 3);
      for (const task of page.tasks) ids.add(task.id);
      ({nextPageToken: pageToken} = page);
      ++pages;
    } while (pageToken);
    assert.equal(ids.size, 3);
    assert.equal(pages, 2);
    const over = await client.listTasks({tenant: '', contextId, pageToken: '',
      status: TaskState.TASK_STATE_COMPLETED});
    assert.equal(over.tasks.length, 0);
  });

  test(`${binding}: push configs are made, shown and deleted`, only, async () => {
    const client = await connect(binding);
    const {id: taskId} = await client.sendMessage(atOnce(message('x', 'NOBODY')));
    const config = {tenant: '', id: 'mine', taskId, url: 'https://hooks.example.com/a',
      token: 't0ken', authentication: {scheme: 'Bearer', credentials: 's3'}};
    const made = await client.createTaskPushNotificationConfig(config);
    // Secrets are not read back.
    const shown = {...config, token: '', authentication: {scheme: 'Bearer', credentials: ''}};
    assert.deepEqual(made, shown);
    const named = {tenant: '', taskId, id: 'mine'};
    assert.deepEqual(await client.getTaskPushNotificationConfig(named), shown);
    const listed = await client.listTaskPushNotificationConfig({tenant: '', taskId, pageSize: 0,
      pageToken: ''});
    assert.deepEqual(listed.configs, [shown]);
    await client.deleteTaskPushNotificationConfig(named);
    await assert.rejects(client.getTaskPushNotificationConfig(named));
    for (const inner of ['http://127.0.0.1:1/', 'http://169.254.169.254/', 'http://localhost/']) {
      await assert.rejects(client.createTaskPushNotificationConfig({...config, url: inner}),
          /may not go to/);
    }
  });

  test(`${binding}: what goes wrong has the SDK's own errors`, only, async () => {
    const client = await connect(binding);
    const named = {tenant: '', id: 'none'};
    await assert.rejects(client.getTask(named), {reason: 'TASK_NOT_FOUND'});
    await assert.rejects(client.cancelTask(named), {reason: 'TASK_NOT_FOUND'});
    const over = message('hello');
    let last;
    for await (const {payload} of client.sendMessageStream(over)) last = payload.value;
    await assert.rejects(client.cancelTask({tenant: '', id: last.taskId}),
        {reason: 'TASK_NOT_CANCELABLE'});
    const empty = message('x');
    empty.message.parts = [];
    await assert.rejects(client.sendMessage(empty), {reason: 'INVALID_PARAMS'});
    await assert.rejects(client.sendMessage(message('x', '', {taskId: last.taskId})),
        {reason: 'UNSUPPORTED_OPERATION'});
    await assert.rejects(client.sendMessage(message('x', '', {taskId: 'nope'})),
        {reason: 'TASK_NOT_FOUND'});
  });

  test(`${binding}: a bridge with a token serves who shows it`, only, async () => {
    const stranger = await connect(binding, guarded);
    await assert.rejects(stranger.sendMessage(message('x')));
    await assert.rejects(stranger.getAgentCard());
    const client = await connect(binding, guarded, 's3cret');
    const card = await client.getAgentCard();
    assert.equal(card.capabilities.extendedAgentCard, true);
    const {id} = await client.sendMessage(atOnce(message('x', 'NOBODY')));
    assert.equal((await client.getTask({tenant: '', id})).id, id);
  });
}
