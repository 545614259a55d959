// SPDX-License-Identifier: AGPL-3.0-or-later
// What was recorded of a command beside its plain output.
//
// A digest takes what matters from an output whose sentences or times are free (`kept` in the
// recording); a probe looks at what a case left behind (entries such as `files`). Both give JSON
// that is compared with the recording. Named by the table in cli_cases.cpp.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "conformance/cli_world.hpp"

namespace synapse::test {

using Digest = nlohmann::json (*)(const std::string& out);

namespace digest {
nlohmann::json first_line(const std::string& out);
nlohmann::json first_three_lines(const std::string& out);
nlohmann::json line_count(const std::string& out);
// Relay lines with the time in their brackets replaced by `t`.
nlohmann::json undated_lines(const std::string& out);
// Of each event: seq, kind, and which keys it has.
nlohmann::json event_kinds(const std::string& out);
// Of each check of the doctor its mark and name, then the verdict.
nlohmann::json doctor_marks(const std::string& out);
// Which files were written.
nlohmann::json written_lines(const std::string& out);
// Whether the shell code mentions each variable, file and command that it must deal with.
nlohmann::json hook_words(const std::string& out);
// Of a board: the tasks that aren't finished, and what is ready.
nlohmann::json unfinished_lines(const std::string& out);
// An agent card without its free texts; and only its keys.
nlohmann::json card_without_texts(const std::string& out);
nlohmann::json card_keys(const std::string& out);
}  // namespace digest

using Probe = nlohmann::json (*)(CliWorld& world);

namespace probe {
nlohmann::json git_hooks(CliWorld& world);
nlohmann::json git_guide_exists(CliWorld& world);
nlohmann::json git_hooks_runnable(CliWorld& world);
nlohmann::json inbox_cursor_exists(CliWorld& world);
nlohmann::json service_units(CliWorld& world);
// How many times each shell's start-up file has our block: installing twice must not add another.
nlohmann::json shell_blocks(CliWorld& world);
nlohmann::json fleet_files(CliWorld& world);
nlohmann::json bot_replies(CliWorld& world);
nlohmann::json bot_cards(CliWorld& world);
}  // namespace probe

}  // namespace synapse::test
