// SPDX-License-Identifier: AGPL-3.0-or-later
// One declaration a command: it binds its options and returns what runs. The list that makes them
// commands is in cli/command_list.cpp.
#pragma once

#include "cli/command.hpp"

namespace synapse::cli::commands {

[[nodiscard]] Runner hub(OptionSet& set);

[[nodiscard]] Runner send(OptionSet& set);
[[nodiscard]] Runner wait(OptionSet& set);
[[nodiscard]] Runner arm(OptionSet& set);
[[nodiscard]] Runner listen(OptionSet& set);
[[nodiscard]] Runner inbox(OptionSet& set);
[[nodiscard]] Runner sent(OptionSet& set);
[[nodiscard]] Runner dead_letters(OptionSet& set);

[[nodiscard]] Runner who(OptionSet& set);
[[nodiscard]] Runner health(OptionSet& set);
[[nodiscard]] Runner open_page(OptionSet& set);
[[nodiscard]] Runner state(OptionSet& set);
[[nodiscard]] Runner board(OptionSet& set);
[[nodiscard]] Runner manifest(OptionSet& set);

[[nodiscard]] Runner task_declare(OptionSet& set);
[[nodiscard]] Runner task_update(OptionSet& set);
[[nodiscard]] Runner task_forget(OptionSet& set);
[[nodiscard]] Runner task_progress(OptionSet& set);
[[nodiscard]] Runner lock(OptionSet& set);
[[nodiscard]] Runner take(OptionSet& set);
[[nodiscard]] Runner release(OptionSet& set);

[[nodiscard]] Runner git_init(OptionSet& set);
[[nodiscard]] Runner git_claim(OptionSet& set);
[[nodiscard]] Runner git_hook_install(OptionSet& set);
[[nodiscard]] Runner git_hook_test(OptionSet& set);
[[nodiscard]] Runner git_hook_uninstall(OptionSet& set);
[[nodiscard]] Runner git_release(OptionSet& set);
[[nodiscard]] Runner conflicts(OptionSet& set);

[[nodiscard]] Runner top(OptionSet& set);
[[nodiscard]] Runner relay(OptionSet& set);
[[nodiscard]] Runner ingest(OptionSet& set);
[[nodiscard]] Runner compact(OptionSet& set);
[[nodiscard]] Runner show_log(OptionSet& set);
[[nodiscard]] Runner at(OptionSet& set);
[[nodiscard]] Runner postmortem(OptionSet& set);
[[nodiscard]] Runner stats(OptionSet& set);
[[nodiscard]] Runner cluster_compact(OptionSet& set);
[[nodiscard]] Runner cluster_drain(OptionSet& set);
[[nodiscard]] Runner cluster_import(OptionSet& set);
[[nodiscard]] Runner cluster_status(OptionSet& set);
[[nodiscard]] Runner cluster_units(OptionSet& set);

[[nodiscard]] Runner who_holds(OptionSet& set);
[[nodiscard]] Runner worker(OptionSet& set);
[[nodiscard]] Runner supervisor(OptionSet& set);
[[nodiscard]] Runner team(OptionSet& set);

[[nodiscard]] Runner demo(OptionSet& set);
[[nodiscard]] Runner new_coding_fleet(OptionSet& set);
[[nodiscard]] Runner quickstart_coding(OptionSet& set);
[[nodiscard]] Runner completion(OptionSet& set);
[[nodiscard]] Runner mcp(OptionSet& set);
[[nodiscard]] Runner a2a_card(OptionSet& set);
[[nodiscard]] Runner a2a_serve(OptionSet& set);

[[nodiscard]] Runner hooks_install(OptionSet& set);
[[nodiscard]] Runner hooks_uninstall(OptionSet& set);
[[nodiscard]] Runner hooks_status(OptionSet& set);
[[nodiscard]] Runner hooks_test(OptionSet& set);
[[nodiscard]] Runner hooks_mode(OptionSet& set);

[[nodiscard]] Runner init(OptionSet& set);
[[nodiscard]] Runner doctor(OptionSet& set);
[[nodiscard]] Runner worker_session(OptionSet& set);
[[nodiscard]] Runner shell_hook(OptionSet& set);
[[nodiscard]] Runner install_shell_hook(OptionSet& set);

}  // namespace synapse::cli::commands
