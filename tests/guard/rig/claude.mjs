// SPDX-License-Identifier: AGPL-3.0-or-later
import { join } from "node:path"

import { check_host } from "./rig.mjs"

const binary = join(import.meta.dirname, "node_modules/@anthropic-ai",
  `claude-code-${process.platform}-${process.arch}`, "claude")

await check_host({
  host: "claude",
  hears: true,
  prepare: () => {},
  start: (rig) => ({
    words: [binary, "-p", "please change x", "--output-format", "json", "--permission-mode",
      "acceptEdits", "--allowedTools", "Bash", "--model", "claude-sonnet-4-5"],
    variables: {
      ANTHROPIC_BASE_URL: `http://127.0.0.1:${rig.mock.port}`, ANTHROPIC_API_KEY: "sk-ant-dummy",
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1", DISABLE_AUTOUPDATER: "1",
      DISABLE_TELEMETRY: "1", DISABLE_ERROR_REPORTING: "1",
    },
  }),
  steps: (rig) => [
    { name: "Read", args: { file_path: rig.at("shop", "a.c") } },
    { name: "Edit", args: { file_path: rig.at("shop", "a.c"), old_string: "int x;",
      new_string: "long x;" } },
  ],
  commit: (command) => ({ name: "Bash", args: { command, description: "commit" } }),
})
