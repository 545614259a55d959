// SPDX-License-Identifier: AGPL-3.0-or-later
// A hub of the program under test, and the official SDK's clients of `synapse mcp` on it: on stdio,
// or over HTTP.
import assert from 'node:assert/strict';
import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, rmSync} from 'node:fs';
import net from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Client} from '@modelcontextprotocol/sdk/client/index.js';
import {StdioClientTransport} from '@modelcontextprotocol/sdk/client/stdio.js';
import {StreamableHTTPClientTransport} from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {ResourceUpdatedNotificationSchema} from '@modelcontextprotocol/sdk/types.js';

export const program = process.env.SYNAPSE_BIN;
assert.ok(program, 'set SYNAPSE_BIN to the synapse program (ctest does)');

export const patience = 30_000;

// Without what would steer the program from outside.
export const environment = Object.fromEntries(
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

// `synapse mcp --http`: its own program, which stays when a client goes.
export class HttpServer {
  static async start(parameters, address = '127.0.0.1:0') {
    const server = new HttpServer();
    server.process = spawn(parameters.command, [...parameters.args, '--http', address],
        {env: parameters.env, cwd: parameters.cwd, stdio: ['ignore', 'pipe', 'inherit']});
    server.ended = once(server.process, 'exit');
    let said = '';
    server.process.stdout.on('data', (bytes) => (said += bytes));
    await eventually('the server says where it listens', () => {
      assert.equal(server.process.exitCode, null, 'the server ended');
      return said.endsWith('\n');
    });
    server.url = new URL(said.match(/serving MCP on (http:\S+)\n$/)[1]);
    return server;
  }

  // Its exit code and signal.
  async stop() {
    this.process.kill('SIGTERM');
    return this.ended;
  }
}

export class World {
  // `carrier`: 'stdio' or 'http'.
  static async create(carrier = 'stdio') {
    const world = new World();
    world.carrier = carrier;
    world.servers = [];
    world.folder = mkdtempSync(join(tmpdir(), 'synapse-mcp-'));
    world.port = await freePort();
    world.uri = `ws://127.0.0.1:${world.port}`;
    world.clients = [];
    await world.startHub();
    return world;
  }

  async startHub() {
    this.hub = spawn(program, ['hub', '--port', String(this.port)],
        {env: environment, cwd: this.folder, stdio: 'ignore'});
    await eventually('the hub answers', () => {
      assert.equal(this.hub.exitCode, null, 'the hub ended');
      const {status} = spawnSync(program, ['health', '--uri', this.uri], {env: environment});
      return status === 0;
    });
  }

  async stopHub() {
    const ended = once(this.hub, 'exit');
    this.hub.kill('SIGTERM');
    await ended;
  }

  parameters(name, ...more) {
    return {
      command: program,
      args: ['mcp', '--uri', this.uri, '--name', name, '--worktree', '/w', ...more],
      env: environment,
      cwd: this.folder,
    };
  }

  async serve(name, ...more) {
    const server = await HttpServer.start(this.parameters(name, ...more));
    this.servers.push(server);
    return server;
  }

  // At a port that is known beforehand.
  async serveAt(port, name, environmentOfRun) {
    const parameters = this.parameters(name);
    const server = await HttpServer.start(
        {...parameters, env: {...parameters.env, ...environmentOfRun}}, `127.0.0.1:${port}`);
    this.servers.push(server);
    return server;
  }

  // A client with a server of its own, that asks for that revision of the protocol.
  async join(name, revision, ...more) {
    if (this.carrier === 'stdio') {
      const transport = new StdioClientTransport(this.parameters(name, ...more));
      return this.connect(transport, revision);
    }
    const server = await this.serve(name, ...more);
    const transport = new StreamableHTTPClientTransport(server.url);
    const client = await this.connect(transport, revision);
    const close = client.close.bind(client);
    // As on stdio: the agent goes with its client.
    client.close = async () => {
      await close();
      await server.stop();
    };
    return client;
  }

  async connect(transport, revision) {
    const send = transport.send.bind(transport);
    transport.send = (message, options) => {
      if (message.method === 'initialize' && revision) message.params.protocolVersion = revision;
      return send(message, options);
    };
    const client = new Client({name: 'sdk-test', version: '1'});
    client.errors = [];
    client.onerror = (error) => client.errors.push(error);
    client.updates = [];
    client.setNotificationHandler(ResourceUpdatedNotificationSchema,
        ({params}) => client.updates.push(params.uri));
    const setVersion = transport.setProtocolVersion?.bind(transport);
    transport.setProtocolVersion = (version) => {
      client.revision = version;
      setVersion?.(version);
    };
    await client.connect(transport, {timeout: patience});
    this.clients.push(client);
    return client;
  }

  async close() {
    for (const client of this.clients) await client.close();
    for (const server of this.servers) await server.stop();
    await this.stopHub();
    rmSync(this.folder, {recursive: true, force: true});
  }
}

// The tool's text; it must have been granted or refused as expected.
export async function call(client, name, args, expected = 'granted') {
  const result = await client.callTool({name, arguments: args}, undefined, {timeout: patience});
  const text = result.content.map((part) => part.text).join('\n');
  assert.equal(result.isError === true ? 'refused' : 'granted', expected, text);
  return {text, structured: result.structuredContent};
}

export async function read(client, view) {
  const uri = `synapse://${view}`;
  const {contents} = await client.readResource({uri}, {timeout: patience});
  assert.equal(contents.length, 1);
  assert.equal(contents[0].uri, uri);
  assert.equal(contents[0].mimeType, 'application/json');
  return JSON.parse(contents[0].text);
}
