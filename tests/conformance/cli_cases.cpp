// SPDX-License-Identifier: AGPL-3.0-or-later
#include "conformance/cli_cases.hpp"

#include <map>
#include <utility>

namespace synapse::test {
namespace {

using namespace std::chrono_literals;

// The hub mirrors to the relay log beside its answers: a reader may come a moment too early.
constexpr auto relay_flush = 150ms;
// A git hook releases in the background of the commit.
constexpr auto hook_release = 500ms;

constexpr std::string_view case_names[] = {
    "top_level",
    "unreachable",
    "who",
    "state",
    "board",
    "manifest",
    "send_and_replies",
    "wait",
    "arm",
    "listen",
    "lock",
    "release",
    "relay",
    "ingest_and_compact",
    "demos",
    "exposure",
    "git",
    "conflicts",
    "syn",
    "doctor",
    "services",
    "shell_hook",
    "worker_session",
    "worker_rule",
    "supervisor",
    "a2a_card",
};

std::map<std::string_view, std::vector<RunRule>> all_run_rules() {
  using namespace digest;
  std::map<std::string_view, std::vector<RunRule>> of;

  // Answers count from the question on, so it must be out before they are given.
  of["send_and_replies"] = {{.run = 1, .act_when = {chat_from("S")}}};
  // Whether a waiter re-arms by a new connection or on the old one can't be told from outside.
  of["arm"] = {{.act_again_when = {output("P: one"), after(1000ms)}}};
  of["listen"] = {{.run = 0, .interrupt_when = {output("P: for X")}},
                  {.run = 1, .interrupt_when = {output("P: for proj")}}};
  // The claim must be refused once before the lock is freed, and only its sender sees a refusal.
  of["lock"] = {{.run = 4, .act_when = {online("A"), after(300ms)}}};
  of["release"] = {{.run = 2, .leaves_before = "A"}};
  of["relay"] = {{.digest = undated_lines},
                 {.run = 0, .digest = undated_lines, .pause_before = relay_flush},
                 {.run = 4, .digest = undated_lines, .pause_before = relay_flush}};
  of["ingest_and_compact"] = {{.digest = event_kinds}};
  of["git"] = {{.run = 2, .digest = first_line},
               {.run = 3, .digest = first_three_lines},
               {.run = 9, .pause_before = hook_release},
               {.run = 10, .pause_before = hook_release},
               {.run = 14, .digest = line_count}};
  of["syn"] = {{.digest = undated_lines},
               {.run = 8, .digest = undated_lines, .pause_before = relay_flush},
               {.run = 12, .digest = undated_lines, .pause_before = relay_flush}};
  of["doctor"] = {{.digest = doctor_marks}};
  of["services"] = {{.digest = written_lines}};
  of["shell_hook"] = {{.digest = hook_words}};
  // The waiter of the worker before is being ended when its command has returned.
  of["worker_session"] = {{.run = 3, .pause_before = 500ms}};
  of["worker_rule"] = {{.interrupt_when = {chat_from("BOT")}}};
  // Two rounds of its interval, each of which reopens what has been idle.
  of["supervisor"] = {{.run = 0, .interrupt_when = {after(2200ms)}},
                      {.run = 1, .digest = unfinished_lines}};
  of["a2a_card"] = {{.run = 0, .digest = card_without_texts}, {.run = 1, .digest = card_keys}};
  return of;
}

std::map<std::string_view, std::vector<ProbeRule>> all_probe_rules() {
  using namespace probe;
  std::map<std::string_view, std::vector<ProbeRule>> of;
  of["demos"] = {{"files", fleet_files}};
  of["git"] = {{"files", git_hooks}, {"guide", git_guide_exists}, {"runnable", git_hooks_runnable}};
  of["syn"] = {{"cursor", inbox_cursor_exists}};
  of["services"] = {{"units", service_units}};
  of["shell_hook"] = {{"rc", shell_blocks}};
  of["worker_rule"] = {{"reply", bot_replies}, {"advertised", bot_cards}};
  return of;
}

std::vector<CliCase> make_cases() {
  auto runs = all_run_rules();
  auto probes = all_probe_rules();
  std::vector<CliCase> cases;
  for (const std::string_view name : case_names) {
    cases.push_back({name, std::move(runs[name]), std::move(probes[name])});
  }
  return cases;
}

}  // namespace

const std::vector<CliCase>& cli_cases() {
  static const std::vector<CliCase> cases = make_cases();
  return cases;
}

}  // namespace synapse::test
