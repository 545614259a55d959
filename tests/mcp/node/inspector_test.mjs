// SPDX-License-Identifier: AGPL-3.0-or-later
// The inspector's command line, one process a question, against a real hub.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {environment, patience, program, World} from './world.mjs';

let world;
before(async () => (world = await World.create()));
after(async () => world?.close());

function inspect(...question) {
  const inspector = join(process.cwd(), 'node_modules', '.bin', 'mcp-inspector');
  // It would take our --uri for its own.
  const run = spawnSync(inspector,
      ['-e', `SYNAPSE_URI=${world.uri}`, '--cli', program, 'mcp', ...question],
      {env: environment, encoding: 'utf8', timeout: patience});
  assert.equal(run.status, 0, run.stderr);
  return JSON.parse(run.stdout);
}

test('it lists and calls tools, and reads resources', {timeout: 8 * patience}, () => {
  assert.equal(inspect('--method', 'tools/list').tools.length, 11);
  assert.equal(inspect('--method', 'resources/list').resources.length, 4);
  const declared = inspect('--method', 'tools/call', '--tool-name', 'synapse_task_declare',
      '--tool-arg', 'task_id=seen', '--tool-arg', 'title=Seen');
  assert.ok(!declared.isError, JSON.stringify(declared));
  const board = inspect('--method', 'resources/read', '--uri', 'synapse://board');
  assert.equal(JSON.parse(board.contents[0].text).tasks[0].title, 'Seen');
  const refused = inspect('--method', 'tools/call', '--tool-name', 'synapse_release',
      '--tool-arg', 'task_id=nothing');
  assert.equal(refused.isError, true);
});
