// SPDX-License-Identifier: AGPL-3.0-or-later
// What our plugin does with each kind of guard: one that fails, hangs, is gone, or has something to
// say. The host's own program can't be made to meet these on demand.
import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const folder = mkdtempSync(join(tmpdir(), "synapse-plugin-"))
const home = join(folder, "home")
const shop = join(folder, "shop")
mkdirSync(home)
mkdirSync(join(shop, ".git"), { recursive: true })
execFileSync(process.env.SYNAPSE_BIN, ["hooks", "install", "--for", "opencode"], {
  cwd: shop,
  env: { HOME: home, PATH: process.env.PATH, XDG_RUNTIME_DIR: folder },
})
const installed = readFileSync(join(home, ".config/opencode/plugin/synapse.js"), "utf8")

let count = 0
async function plugin_with(guard, worktree = shop) {
  const text = installed.replace(/^const syn = .*$/m, `const syn = ${JSON.stringify(guard)}`)
  assert.notEqual(text, installed)
  const file = join(folder, `plugin-${++count}.mjs`)
  writeFileSync(file, text)
  const { Synapse } = await import(file)
  return Synapse({ directory: worktree, worktree })
}

function guard_that(lines) {
  const file = join(folder, `guard-${++count}`)
  writeFileSync(file, `#!/bin/sh\n${lines}\n`, { mode: 0o755 })
  return file
}

function in_mode(mode) {
  mkdirSync(join(shop, ".synapse"), { recursive: true })
  writeFileSync(join(shop, ".synapse/mode"), `${mode}\n`)
}

const use = (plugin, tool) => plugin["tool.execute.before"]({ tool, sessionID: "s" }, { args: {} })
async function compacted(plugin) {
  const output = { context: [] }
  await plugin["experimental.session.compacting"]({ sessionID: "s" }, output)
  return output.context
}

try {
  const no_answer = /the guard did not answer/
  for (const lines of ["cat >/dev/null; exit 3", "cat >/dev/null; echo '{'", "exec sleep 60"]) {
    const plugin = await plugin_with(guard_that(lines))
    in_mode("enforce")
    await assert.rejects(use(plugin, "edit"), no_answer, lines)
    await use(plugin, "read")
    in_mode("warn")
    await use(plugin, "edit")
    assert.deepEqual(await compacted(plugin), [])
  }
  in_mode("enforce")
  // A linked worktree has its repository's mode unless it has one of its own.
  const linked = join(folder, "linked")
  mkdirSync(join(linked, ".synapse"), { recursive: true })
  writeFileSync(join(linked, ".git"), `gitdir: ${join(shop, ".git/worktrees/linked")}\n`)
  const beside = await plugin_with(guard_that("exit 3"), linked)
  await assert.rejects(use(beside, "edit"), no_answer)
  writeFileSync(join(linked, ".synapse/mode"), "warn\n")
  await use(beside, "edit")
  const gone = await plugin_with(join(folder, "nowhere"))
  await use(gone, "edit")
  assert.deepEqual(await compacted(gone), [])
  const denying = await plugin_with(guard_that(`cat >/dev/null; echo '{"deny":"bob holds it"}'`))
  await assert.rejects(use(denying, "edit"), /bob holds it/)
  const seen = join(folder, "seen")
  const telling = await plugin_with(
    guard_that(`cat >${seen}; echo '{"context":"you hold a.c"}'`))
  assert.deepEqual(await compacted(telling), ["you hold a.c"])
  assert.equal(JSON.parse(readFileSync(seen, "utf8")).event, "session.compacting")
} finally {
  rmSync(folder, { recursive: true })
}
console.log("the plugin does with each guard what it should")
process.exit(0)
