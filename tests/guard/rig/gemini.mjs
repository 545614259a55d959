// SPDX-License-Identifier: AGPL-3.0-or-later
import { join } from "node:path"

import { check_gemini_kind } from "./settings.mjs"

await check_gemini_kind({
  host: "gemini",
  auth: "gemini-api-key",
  tool: "replace",
  // Its shell sets core.hooksPath to nothing.
  runs_git_hooks: false,
  start: (rig) => ({
    words: [process.execPath, "--no-warnings",
      join(import.meta.dirname, "node_modules/@google/gemini-cli/bundle/gemini.js"), "-m",
      "gemini-2.5-flash", "--approval-mode", "yolo", "-o", "json", "-p", "please change x"],
    variables: {
      GEMINI_API_KEY: "dummy", GOOGLE_GEMINI_BASE_URL: `http://127.0.0.1:${rig.mock.port}`,
      GEMINI_CLI_TRUST_WORKSPACE: "true", GEMINI_CLI_NO_RELAUNCH: "true",
    },
  }),
})
