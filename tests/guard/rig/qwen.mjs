// SPDX-License-Identifier: AGPL-3.0-or-later
import { realpathSync } from "node:fs"
import { join } from "node:path"

import { check_gemini_kind } from "./settings.mjs"

// It takes a newer Node than the tests do.
const node = join(import.meta.dirname, `node_modules/node-${process.platform}-${process.arch}/bin/node`)

await check_gemini_kind({
  host: "qwen",
  auth: "openai",
  tool: "edit",
  runs_git_hooks: true,
  start: (rig) => ({
    words: [node, realpathSync(join(import.meta.dirname, "node_modules/.bin/qwen")),
      "--approval-mode", "yolo", "-o", "json", "-p", "please change x"],
    variables: {
      OPENAI_API_KEY: "dummy", OPENAI_BASE_URL: `http://127.0.0.1:${rig.mock.port}/v1`,
      OPENAI_MODEL: "mock",
    },
  }),
})
