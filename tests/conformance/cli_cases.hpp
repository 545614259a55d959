// SPDX-License-Identifier: AGPL-3.0-or-later
// The table of recorded command-line cases, and what a recording can't say.
//
// A recording lists what was run and what came of it. When to act while a command runs, when to
// interrupt it, and which digest of its output was kept is known here. A case that is not in the
// table fails the suite. Used by CliPlayer and its test.
#pragma once

#include <chrono>
#include <string_view>
#include <vector>

#include "conformance/cli_digests.hpp"

namespace synapse::test {

// Something to wait for while a command runs.
struct When {
  enum class Kind { online, output, chat_from, after };
  Kind kind;
  std::string_view text;  // the name, or what stdout must hold
  std::chrono::milliseconds time{0};
};
constexpr When online(std::string_view name) { return {When::Kind::online, name}; }
constexpr When output(std::string_view text) { return {When::Kind::output, text}; }
constexpr When chat_from(std::string_view name) { return {When::Kind::chat_from, name}; }
// For what nobody can see from outside; the reason stands beside each use.
constexpr When after(std::chrono::milliseconds time) { return {When::Kind::after, {}, time}; }

struct RunRule {
  static constexpr int every = -1;
  int run = every;  // which `run` of the case, from 0; a rule for one run beats one for every run
  Digest digest = nullptr;  // of its `kept`
  // Before the first thing done while it runs; without any: when its name has come online.
  std::vector<When> act_when = {};
  std::vector<When> act_again_when = {};  // before each further thing
  std::vector<When> interrupt_when = {};  // it gets SIGINT then
  std::chrono::milliseconds pause_before{0};
  std::string_view leaves_before = {};  // an agent that goes before it
};

struct ProbeRule {
  std::string_view key;  // of an entry that is no action
  Probe probe;
};

struct CliCase {
  std::string_view name;
  std::vector<RunRule> runs = {};
  std::vector<ProbeRule> probes = {};
};

[[nodiscard]] const std::vector<CliCase>& cli_cases();

}  // namespace synapse::test
