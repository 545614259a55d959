// SPDX-License-Identifier: AGPL-3.0-or-later
// The real program of a host, as its user runs it, in a repository with our hooks, beside a real hub
// and a mock of its model. On a fresh home, and without a way out: in a network of its own, where
// the system lets an ordinary user make one.
import { spawn, spawnSync } from "node:child_process"
import { strict as assert } from "node:assert"
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync,
  writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

import { start_mock } from "./mock.mjs"

const program = process.env.SYNAPSE_BIN
const patience_ms = 90_000

// Runs this script again where nothing but loopback is.
function leave_the_network() {
  if (process.env.SYNAPSE_RIG_INSIDE) return
  const alone = ["unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$0" "$@"']
  const probe = spawnSync(alone[0], [...alone.slice(1), "true"], { stdio: "ignore" })
  if (probe.status !== 0) {
    console.log("no network of its own here: the host keeps quiet by its own settings alone")
    return
  }
  const again = spawnSync(alone[0], [...alone.slice(1), process.execPath, ...process.argv.slice(1)],
    { stdio: "inherit", env: { ...process.env, SYNAPSE_RIG_INSIDE: "1" } })
  process.exit(again.status ?? 1)
}

function run(words, options) {
  const done = spawnSync(words[0], words.slice(1), { encoding: "utf8", timeout: patience_ms, ...options })
  assert.equal(done.error, undefined, `${words[0]}: ${done.error}`)
  return { code: done.status, out: done.stdout, err: done.stderr }
}

// Beside the mock, which answers meanwhile.
function run_host(words, options) {
  return new Promise((resolve) => {
    const child = spawn(words[0], words.slice(1), { ...options, stdio: ["ignore", "pipe", "pipe"] })
    const timer = setTimeout(() => child.kill("SIGKILL"), patience_ms)
    let out = ""
    let err = ""
    child.stdout.on("data", (bytes) => (out += bytes))
    child.stderr.on("data", (bytes) => (err += bytes))
    child.on("error", (error) => (err += error))
    child.on("close", (code) => {
      clearTimeout(timer)
      resolve({ code, out, err })
    })
  })
}

export class Rig {
  static async start(host) {
    leave_the_network()
    const rig = new Rig()
    rig.host = host
    rig.folder = mkdtempSync(join(tmpdir(), "synapse-rig-"))
    for (const name of ["home", "run", "tmp", "bin", "shop"]) mkdirSync(join(rig.folder, name))
    chmodSync(rig.at("run"), 0o700)
    symlinkSync(program, rig.at("bin", "synapse"))
    symlinkSync(program, rig.at("bin", "syn"))
    rig.mock = await start_mock()
    rig.environment = {
      HOME: rig.at("home"), XDG_RUNTIME_DIR: rig.at("run"), TMPDIR: rig.at("tmp"),
      PATH: `${rig.at("bin")}:${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
      LANG: "C.UTF-8", TERM: "xterm", TZ: "UTC", NO_COLOR: "1",
      GIT_CONFIG_NOSYSTEM: "1", GIT_AUTHOR_NAME: "t", GIT_AUTHOR_EMAIL: "t@t",
      GIT_COMMITTER_NAME: "t", GIT_COMMITTER_EMAIL: "t@t",
    }
    await rig.start_hub()
    rig.make_repository()
    return rig
  }

  at(...parts) {
    return join(this.folder, ...parts)
  }

  async start_hub() {
    this.hub = spawn(program, ["hub", "--port", "0"],
      { env: this.environment, stdio: ["ignore", "pipe", "pipe"] })
    const port = await new Promise((resolve, reject) => {
      let text = ""
      const look = (bytes) => {
        text += bytes
        const found = /ws:\/\/localhost:(\d+)/.exec(text)
        if (found) resolve(found[1])
      }
      this.hub.stdout.on("data", look)
      this.hub.stderr.on("data", look)
      this.hub.on("close", () => reject(new Error(`the hub ended: ${text}`)))
    })
    this.environment.SYNAPSE_URI = `ws://127.0.0.1:${port}`
  }

  make_repository() {
    const git = (...words) => assert.equal(this.run(["git", ...words]).code, 0, words.join(" "))
    git("init", "-q", "-b", "main")
    writeFileSync(this.at("shop", "a.c"), "int x;\nint y;\n")
    git("add", "-A")
    git("commit", "-qm", "one")
    assert.equal(this.synapse("hooks", "install", "--for", this.host, "--mode", "enforce").code, 0)
    assert.equal(this.synapse("git-hook", "install").code, 0)
  }

  run(words, more = {}) {
    return run(words, { cwd: this.at("shop"), env: { ...this.environment, ...more } })
  }
  synapse(...words) {
    return this.run(["synapse", ...words])
  }

  claims() {
    const { out } = this.synapse("state", "--json")
    return JSON.parse(out).snapshot.active_claims
  }

  // How far the message of bob's has come.
  state_of_message() {
    const { out } = this.synapse("sent", "--name", "shop/bob", "--json")
    return JSON.parse(out).messages[0].recipients[0].state
  }

  // The host with a script for its model; what it printed, in case of a failure.
  async session(words, more, steps) {
    this.mock.play(steps)
    const env = { ...this.environment, ...more }
    const done = await run_host(words, { cwd: this.at("shop"), env })
    this.last = `exit ${done.code}\n${done.out.slice(-2000)}\n${done.err.slice(-2000)}`
    return this.mock.heard()
  }

  file() {
    return readFileSync(this.at("shop", "a.c"), "utf8")
  }

  async eventually(what, is_so) {
    for (const end = Date.now() + 10_000; !is_so(); await new Promise((r) => setTimeout(r, 50))) {
      assert.ok(Date.now() < end, `${what}\n${this.last}`)
    }
  }

  stop() {
    this.mock.stop()
    this.hub.removeAllListeners("close")
    this.hub.kill("SIGKILL")
    rmSync(this.folder, { recursive: true, force: true })
  }
}

// What holds for every host. `start(rig)` is the command line and the variables of a session, and
// `steps(rig)` how its model edits a.c; `commit`, how it commits from a shell, where that reaches
// the hub; `hears`, whether the session is told who it is.
export async function check_host({ host, prepare, start, steps, commit, hears }) {
  const rig = await Rig.start(host)
  try {
    prepare(rig)
    const { words, variables } = start(rig)
    const go = (script) => rig.session(words, variables, script)
    const check = (is_so, what) => assert.ok(is_so, `${what}\n${rig.last}`)

    rig.run(["synapse", "git-claim", "FIX", "--paths", "a.c", "--name", "shop/bob"])
    assert.equal(rig.claims().length, 1)
    let heard = await go(steps(rig))
    check(rig.file() === "int x;\nint y;\n", "an edit of what bob holds is refused")
    check(heard.includes("shop/bob holds a.c (task FIX"), "the model is told who holds it")
    if (hears) check(heard.includes(`You are shop/${host}`), "the session is told who it is")

    assert.equal(rig.synapse("hooks", "mode", "warn").code, 0)
    heard = await go(steps(rig))
    check(rig.file() === "long x;\nint y;\n", "in mode warn the same edit goes through")
    check(heard.includes("shop/bob holds a.c (task FIX"), "and the model is told who holds it")
    rig.run(["git", "checkout", "-q", "--", "a.c"])
    assert.equal(rig.synapse("hooks", "mode", "enforce").code, 0)
    assert.equal(rig.synapse("release", "FIX", "--name", "shop/bob").code, 0)

    const text = "mind the gap at line 2"
    assert.equal(rig.synapse("send", text, "--target", `shop/${host}`, "--name", "shop/bob",
      "--wait-seconds", "0").code, 0)
    assert.equal(rig.state_of_message(), "kept")
    heard = await go(steps(rig))
    check(rig.file() === "long x;\nint y;\n", "a free edit goes through")
    check(heard.includes(`shop/bob says (#1): ${text}`), "the model is told of the message")
    check(rig.state_of_message() === "seen", "and its sender, that it was seen")
    check(!heard.includes("holds a.c"), "and nobody is told of a holder")
    await rig.eventually("what it held is given back", () => rig.claims().length === 0)

    if (commit) {
      rig.run(["git", "checkout", "-q", "--", "a.c"])
      const seen = rig.at("tmp", "claims")
      await go([...steps(rig), commit(`synapse state --json > ${seen}-1; git commit -qam two; ` +
        `synapse state --json > ${seen}-2`)])
      const count = (n) => JSON.parse(readFileSync(`${seen}-${n}`, "utf8")).snapshot.active_claims.length
      check(existsSync(`${seen}-2`), "the shell command ran")
      check(count(1) === 1, "the edit was claimed")
      check(count(2) === 0, "a commit gives back what it committed")
    }

    const settings = rig.synapse("hooks", "status", "--for", host).out
    check(/\d+ calls?, the last/.test(settings), `the hub counts its calls:\n${settings}`)
    assert.equal(rig.synapse("hooks", "uninstall", "--for", host).code, 0)
    console.log(`${host}: all as it should be`)
  } finally {
    rig.stop()
  }
}
