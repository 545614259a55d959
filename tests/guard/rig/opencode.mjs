// SPDX-License-Identifier: AGPL-3.0-or-later
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { check_host } from "./rig.mjs"

const modules = join(import.meta.dirname, "node_modules")

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
    writeFileSync(join(config, "package.json"),
      JSON.stringify({ dependencies: { "@opencode-ai/plugin": "*" } }))
    symlinkSync(modules, join(config, "node_modules"))
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
