// SPDX-License-Identifier: AGPL-3.0-or-later
// What a client of the official SDK sees of the server, whatever carries it: every tool, every
// resource and subscriptions in each revision; bad requests; a hub that restarts.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {test} from 'node:test';
import {call, environment, eventually, patience, program, read} from './world.mjs';

const revisions = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'];
const tools = [
  'synapse_board', 'synapse_claim', 'synapse_handoff', 'synapse_inbox', 'synapse_manifest',
  'synapse_release', 'synapse_send', 'synapse_state', 'synapse_task_declare',
  'synapse_task_update', 'synapse_who_holds',
];
const resources = ['synapse://board', 'synapse://inbox', 'synapse://manifest', 'synapse://state'];

// `here()` gives the world, once the tests run.
export function testSession(here) {
  for (const revision of revisions) {
    test(`every tool and resource works in ${revision}`, {timeout: 4 * patience}, async () => {
      const alice = await here().join(`alice-${revision}`, revision);
      const bob = await here().join(`bob-${revision}`, revision);
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
      const {text: held, structured: state} = await call(alice, 'synapse_state');
      assert.match(held, new RegExp(`^you are alice-${revision};`));
      assert.match(held, new RegExp(`^${id} bob-${revision} src/${revision}, docs/`, 'm'));
      if (isStructured) {
        const lease = state.active_claims.find((each) => each.task_id === id);
        assert.equal(lease.owner, `bob-${revision}`);
      }
      const holder = await call(alice, 'synapse_who_holds', {path: 'docs/a.md'});
      assert.match(holder.text, new RegExp(`^${id} bob-${revision}`));
      await call(alice, 'synapse_release', {task_id: id}, 'refused');
      await call(bob, 'synapse_release', {task_id: id});
      assert.ok(!(await read(alice, 'state')).active_claims.some((lease) => lease.task_id === id));

      const waiter = spawn(program, ['wait', '--uri', here().uri, '--name', `carol-${revision}`,
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

      const letter = {target: `bob-${revision}`, message: 'the parser is yours'};
      assert.match((await call(alice, 'synapse_send', letter)).text, /kept/);
      assert.match((await call(bob, 'synapse_inbox')).text, /the parser is yours/);
      assert.doesNotMatch((await call(bob, 'synapse_inbox')).text, /the parser is yours/);

      const first = `p-${revision}`;
      const second = {task_id: `q-${revision}`, title: 'Second', depends_on: [first]};
      await call(alice, 'synapse_task_declare', {task_id: first, title: 'First'});
      await call(alice, 'synapse_task_declare', second);
      const circle = {task_id: first, title: 'First', depends_on: [second.task_id]};
      await call(alice, 'synapse_task_declare', circle, 'refused');
      const update = {task_id: first, status: 'done', suggested_owner: 'bob'};
      assert.match((await call(alice, 'synapse_task_update', update)).text, /done/);
      await call(alice, 'synapse_task_update', {task_id: 'none', status: 'done'}, 'refused');
      const {text: plan, structured} = await call(bob, 'synapse_board');
      assert.match(plan, new RegExp(`^${second.task_id} open \\(ready\\): Second`, 'm'));
      const board = await read(bob, 'board');
      assert.equal(board.tasks.find((task) => task.task_id === first).suggested_owner, 'bob');
      assert.ok(board.ready.includes(second.task_id));
      if (isStructured) assert.deepEqual(structured, board);
      assert.match((await call(bob, 'synapse_manifest')).text, /no agent says what it can do/);
      assert.deepEqual(await read(bob, 'manifest'), {manifest: []});
      assert.deepEqual(alice.errors.concat(bob.errors), []);
    });

    test(`subscriptions tell of changes in ${revision}`, {timeout: 4 * patience}, async () => {
      const watcher = await here().join(`watcher-${revision}`, revision);
      const actor = await here().join(`actor-${revision}`, revision);
      const uris = (await watcher.listResources()).resources.map(({uri}) => uri);
      assert.deepEqual(uris.sort(), resources);
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
    const client = await here().join('future', '2099-01-01');
    assert.equal(client.revision, '2025-11-25');
  });

  test('bad requests get the error of their kind, and the session goes on', {timeout: patience},
      async () => {
        const client = await here().join('clumsy');
        const rejects = async (code, request) => {
          const hasCode = (error) => error.code === code || assert.fail(`${error.code}: ${error}`);
          await assert.rejects(request, hasCode);
        };
        const tool = (name, args) => client.callTool({name, arguments: args});
        // From this revision on the model is told, which can mend it.
        const isTold = async (why, request) => {
          const {isError, content: [{text}]} = await request;
          assert.equal(isError, true);
          assert.match(text, why);
        };
        await isTold(/needs "task_id"/, tool('synapse_claim', {}));
        await isTold(/must be a string/, tool('synapse_claim', {task_id: 7}));
        await isTold(/list of strings/, tool('synapse_claim', {task_id: 't', paths: 'src'}));
        await isTold(/no argument "files"/, tool('synapse_claim', {task_id: 't', files: ['src']}));
        await isTold(/one of open/, tool('synapse_task_update', {task_id: 't', status: 'odd'}));
        await isTold(/needs "status"/, tool('synapse_task_update', {task_id: 't'}));
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
        const client = await here().join('steady', undefined, '--request-timeout', '20');
        const impatient = await here().join('impatient', undefined, '--request-timeout', '0.3');
        const claim = {task_id: 'kept', paths: ['kept']};
        await call(client, 'synapse_claim', claim);
        // On a busy machine its first connection takes longer than that.
        await eventually('the impatient one reaches the hub', async () =>
          !(await impatient.callTool({name: 'synapse_board', arguments: {}})).isError);
        await here().stopHub();
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
        await here().startHub();
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
}
