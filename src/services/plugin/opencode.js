// Synapse's guard as OpenCode's plugin: posts each call of a tool to `syn guard --for opencode` and
// does what that answers. In a comment, as the text of a file that is installed, stays what says
// whose it is.

// Synapse's guard: installed by `synapse hooks install`, taken away by `synapse hooks uninstall`.
import { spawn } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"

const syn = @SYN@
const parents = new Map() // Of child sessions.
let current = ""

const failed = { failed: true }

// What the guard says; that it failed, whatever went wrong with it. A guard that is gone says nothing.
const ask = (payload) =>
  new Promise((told) => {
    if (!existsSync(syn)) return told({})
    let text = ""
    const done = (code) => {
      try {
        told(code !== 0 ? failed : text ? JSON.parse(text) : {})
      } catch {
        told(failed)
      }
    }
    try {
      const guard = spawn(syn, ["guard", "--for", "opencode"], {
        stdio: ["pipe", "pipe", "ignore"],
      })
      const timer = setTimeout(() => {
        guard.kill()
        told(failed)
      }, 2000)
      guard.stdout.on("data", (bytes) => (text += bytes))
      guard.on("error", () => told(failed))
      guard.on("close", (code) => {
        clearTimeout(timer)
        done(code)
      })
      guard.stdin.on("error", () => {})
      guard.stdin.end(JSON.stringify(payload))
    } catch {
      told(failed)
    }
  })

// Where edits of what others hold are refused, none goes ahead without an answer.
const textOf = (...parts) => {
  try {
    return readFileSync(join(...parts), "utf8").trim()
  } catch {
    return ""
  }
}
// A linked worktree without a mode of its own has that of its repository.
const enforces = (folder) => {
  const main = /^gitdir: (.+)\/\.git\/worktrees\//.exec(textOf(folder, ".git"))?.[1]
  const mode = textOf(folder, ".synapse/mode") || (main && textOf(resolve(folder, main), ".synapse/mode"))
  return mode === "enforce"
}
const writes = /^(apply_patch|edit|multiedit|patch|write)$/

export const Synapse = async ({ directory, worktree }) => {
  const payload = (event, input, output) => ({
    event,
    directory,
    worktree,
    input,
    output,
    parent: parents.get(input.sessionID),
  })
  return {
    event: async ({ event }) => {
      const info = event.properties?.info
      if (event.type === "session.created" && info?.parentID) parents.set(info.id, info.parentID)
      const session = event.properties?.sessionID ?? info?.id
      if (!session) return
      if (event.type === "session.idle" || event.type === "session.deleted") {
        await ask(payload(event.type, { sessionID: session }))
        if (event.type === "session.deleted") parents.delete(session)
      }
    },
    "tool.execute.before": async (input, output) => {
      current = input.sessionID
      const said = await ask(payload("tool.execute.before", input, { args: output.args }))
      if (said.deny) throw new Error(said.deny)
      if (said.failed && writes.test(input.tool) && enforces(worktree ?? directory)) {
        throw new Error("Synapse: the guard did not answer, and this repository is in mode enforce.")
      }
    },
    "experimental.session.compacting": async (input, output) => {
      const said = await ask(payload("session.compacting", input, {}))
      if (said.context) output.context.push(said.context)
    },
    "tool.execute.after": async (input, output) => {
      const said = await ask(payload("tool.execute.after", input, {}))
      if (said.context) output.output += "\n" + said.context
    },
    "shell.env": async (input, output) => {
      const session = input?.sessionID ?? current
      if (session) output.env.SYNAPSE_OPENCODE_SESSION = parents.get(session) ?? session
    },
  }
}
