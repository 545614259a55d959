// SPDX-License-Identifier: AGPL-3.0-or-later
// Gemini CLI and Qwen Code, which is made from it.
import { readFileSync, writeFileSync } from "node:fs"

import { check_host } from "./rig.mjs"

// Its user's settings beside our hooks, which are in the file already.
function add_settings(file, auth) {
  const settings = JSON.parse(readFileSync(file, "utf8"))
  Object.assign(settings, {
    privacy: { usageStatisticsEnabled: false },
    telemetry: { enabled: false },
    general: { disableAutoUpdate: true, disableUpdateNag: true, enableAutoUpdate: false,
      enableAutoUpdateNotification: false },
    security: { folderTrust: { enabled: false }, auth: { selectedType: auth } },
  })
  writeFileSync(file, JSON.stringify(settings, null, 1))
}

export const check_gemini_kind = ({ host, auth, tool, start, runs_git_hooks }) => check_host({
  host,
  hears: true,
  prepare: (rig) => add_settings(rig.at("home", `.${host}`, "settings.json"), auth),
  start,
  steps: (rig) => [
    { name: "read_file", args: { file_path: rig.at("shop", "a.c") } },
    { name: tool, args: { file_path: rig.at("shop", "a.c"), old_string: "int x;",
      new_string: "long x;", instruction: "Change int to long" } },
  ],
  commit: runs_git_hooks
    ? (command) => ({ name: "run_shell_command", args: { command, is_background: false } })
    : undefined,
})
