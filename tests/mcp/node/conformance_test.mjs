// SPDX-License-Identifier: AGPL-3.0-or-later
// The scenarios of the official conformance suite that apply to a server which is no reference
// server, against `synapse mcp --http`. The suite runs on a Node of its own, since it takes 22.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {patience, World} from './world.mjs';

const applying = [
  'server-initialize', 'ping', 'tools-list', 'resources-list', 'server-sse-multiple-streams',
  'dns-rebinding-protection',
];

// These ask for tools, resources or prompts that only the suite's reference server has, or for
// parts of the protocol that a server may leave out, as its capabilities say.
const referenceTool = 'calls a test_ tool of the reference server';
const referenceResource = 'reads a test:// resource of the reference server';
const noPrompts = 'there are no prompts here';
const notApplying = {
  'logging-set-level': 'nothing is logged to clients',
  'completion-complete': 'nothing is completed here',
  'tools-call-simple-text': referenceTool,
  'tools-call-image': referenceTool,
  'tools-call-audio': referenceTool,
  'tools-call-embedded-resource': referenceTool,
  'tools-call-mixed-content': referenceTool,
  'tools-call-with-logging': referenceTool,
  'tools-call-error': referenceTool,
  'tools-call-with-progress': referenceTool,
  'tools-call-sampling': 'no model of the client is ever asked',
  'tools-call-elicitation': 'no user is ever asked',
  'json-schema-2020-12': referenceTool,
  'elicitation-sep1034-defaults': 'no user is ever asked',
  'elicitation-sep1330-enums': 'no user is ever asked',
  // Resuming a stream is tested in http_test.mjs.
  'server-sse-polling': referenceTool,
  'resources-read-text': referenceResource,
  'resources-read-binary': referenceResource,
  'resources-templates-read': referenceResource,
  // Subscriptions are tested in scenarios.mjs.
  'resources-subscribe': referenceResource,
  'resources-unsubscribe': referenceResource,
  'prompts-list': noPrompts,
  'prompts-get-simple': noPrompts,
  'prompts-get-with-args': noPrompts,
  'prompts-get-embedded-resource': noPrompts,
  'prompts-get-with-image': noPrompts,
};

const modules = join(process.cwd(), 'node_modules');
const node = join(modules, `node-${process.platform}-${process.arch}`, 'bin', 'node');
const suite = join(modules, '@modelcontextprotocol', 'conformance', 'dist', 'index.js');

function conformance(...words) {
  const run = spawnSync(node, [suite, ...words], {encoding: 'utf8', timeout: 2 * patience});
  assert.equal(run.error, undefined);
  return {status: run.status, text: run.stdout + run.stderr};
}

let world;
let server;
before(async () => {
  world = await World.create('http');
  server = await world.serve('conformance');
});
after(async () => world?.close());

test('each scenario of the suite is known to apply, or not to', {timeout: 2 * patience}, () => {
  const {status, text} = conformance('list', '--server');
  assert.equal(status, 0, text);
  const part = text.slice(text.indexOf('Server scenarios')).split('\n\n')[0];
  const scenarios = [...part.matchAll(/^ *- (\S+)/gm)].map(([, name]) => name);
  assert.deepEqual(scenarios.sort(), [...applying, ...Object.keys(notApplying)].sort());
});

for (const scenario of applying) {
  test(`${scenario} passes`, {timeout: 3 * patience}, () => {
    const {status, text} = conformance('server', '--url', String(server.url), '--scenario', scenario);
    assert.equal(status, 0, text);
    // None that checked nothing.
    assert.match(text, /Passed: ([1-9]\d*)\/\1, 0 failed/, text);
  });
}
