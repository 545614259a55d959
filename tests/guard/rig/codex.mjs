// SPDX-License-Identifier: AGPL-3.0-or-later
import { mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { check_host } from "./rig.mjs"

function find_binary() {
  const vendor = join(import.meta.dirname, "node_modules/@openai",
    `codex-${process.platform}-${process.arch}`, "vendor")
  const [target] = readdirSync(vendor)
  return join(vendor, target, "bin", "codex")
}

await check_host({
  host: "codex",
  hears: true,
  prepare: (rig) => {
    const home = rig.at("home", ".codex")
    mkdirSync(home, { recursive: true })
    writeFileSync(join(home, "config.toml"), `model = "gpt-5.5"
model_provider = "mock"
approval_policy = "never"
sandbox_mode = "workspace-write"
check_for_update_on_startup = false
[analytics]
enabled = false
[model_providers.mock]
name = "mock"
base_url = "http://127.0.0.1:${rig.mock.port}/v1"
env_key = "MOCK_KEY"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0
supports_websockets = false
[projects."${rig.at("shop")}"]
trust_level = "trusted"
`)
  },
  // The user's own trust in the hooks can't be given here; its test is the program's own.
  start: (rig) => ({
    words: [find_binary(), "exec", "--json", "--dangerously-bypass-hook-trust", "--disable",
      "plugins", "--disable", "apps", "please change x"],
    variables: { CODEX_HOME: rig.at("home", ".codex"), MOCK_KEY: "dummy" },
  }),
  steps: () => [{
    custom: "apply_patch",
    input: "*** Begin Patch\n*** Update File: a.c\n@@\n-int x;\n+long x;\n int y;\n*** End Patch\n",
  }],
})
