// SPDX-License-Identifier: AGPL-3.0-or-later
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { check_host } from "./rig.mjs"

const modules = join(import.meta.dirname, "node_modules")

// A package and all that it depends on, by their names.
function with_dependencies(name, found) {
  const file = join(modules, name, "package.json")
  if (found.has(name) || !existsSync(file)) return found
  found.add(name)
  const { dependencies } = JSON.parse(readFileSync(file, "utf8"))
  for (const one of Object.keys(dependencies ?? {})) with_dependencies(one, found)
  return found
}

await check_host({
  host: "opencode",
  hears: false,
  prepare: (rig) => {
    const config = rig.at("home", ".config", "opencode")
    mkdirSync(config, { recursive: true })
    writeFileSync(join(config, "opencode.json"), JSON.stringify({
      autoupdate: false, share: "disabled", model: "mock/m1", small_model: "mock/m1",
      enabled_providers: ["mock"], permission: { edit: "allow", bash: "allow" },
      provider: { mock: {
        npm: "@ai-sdk/openai-compatible", name: "mock",
        options: { baseURL: `http://127.0.0.1:${rig.mock.port}/v1`, apiKey: "dummy" },
        models: { m1: { name: "m1", tool_call: true, limit: { context: 100000, output: 4000 } } },
      } },
    }))
    // It would ask the registry for it otherwise, and wait.
    const dependencies = { "@opencode-ai/plugin": "1.18.33" }
    const all = JSON.parse(readFileSync(join(modules, ".package-lock.json"), "utf8")).packages
    const packages = { "": { dependencies } }
    for (const name of with_dependencies("@opencode-ai/plugin", new Set())) {
      cpSync(join(modules, name), join(config, "node_modules", name), { recursive: true })
      packages[`node_modules/${name}`] = all[`node_modules/${name}`]
    }
    const lock = { name: "opencode", lockfileVersion: 3, requires: true, packages }
    writeFileSync(join(config, "package.json"), JSON.stringify({ dependencies }))
    writeFileSync(join(config, "package-lock.json"), JSON.stringify(lock))
  },
  start: () => ({
    words: [join(modules, `opencode-${process.platform}-${process.arch}`, "bin", "opencode"), "run",
      "--format", "json", "-m", "mock/m1", "please change x"],
    variables: {
      OPENCODE_DISABLE_AUTOUPDATE: "1", OPENCODE_DISABLE_MODELS_FETCH: "1",
      OPENCODE_DISABLE_LSP_DOWNLOAD: "1", OPENCODE_DISABLE_DEFAULT_PLUGINS: "1",
    },
  }),
  steps: (rig) => [
    { name: "read", args: { filePath: rig.at("shop", "a.c") } },
    { name: "edit", args: { filePath: rig.at("shop", "a.c"), oldString: "int x;",
      newString: "long x;" } },
  ],
  commit: (command) => ({ name: "bash", args: { command, description: "commit" } }),
})
