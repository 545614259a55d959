// SPDX-License-Identifier: AGPL-3.0-or-later
#include "conformance/cli_player.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "conformance/match.hpp"
#include "conformance/text.hpp"

namespace synapse::test {
namespace {

using nlohmann::json;

using Words = std::vector<std::string>;

std::string joined(const Words& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string option(const Words& words, std::string_view name) {
  const auto found = std::find(words.begin(), words.end(), name);
  return found == words.end() || found + 1 == words.end() ? "USER" : *(found + 1);
}

// The name that the command has on the hub. A waiter for its own name connects beside it.
std::string name_on_hub(const Words& words) {
  const bool waits = words.size() > 1 && (words[1] == "wait" || words[1] == "arm");
  const bool for_another = std::find(words.begin(), words.end(), "--for") != words.end();
  return option(words, "--name") + (waits && !for_another ? "-rx" : "");
}

// A program that resolves the link by which it was started prints its real path.
std::string with_link_paths(std::string text, const std::string& link) {
  replace_all(text, std::filesystem::canonical(link).string(), link);
  return text;
}

}  // namespace

CliPlayer::CliPlayer(const CliCase& which, json entries)
    : case_(which), entries_(std::move(entries)) {}

std::vector<std::string> CliPlayer::play() {
  int number = 0;
  for (const Entry& entry : entries_) {
    entry_ = "entry " + std::to_string(number++) + " ";
    try {
      play_entry(entry);
    } catch (const std::exception& error) {
      report({shown(entry) + ": " + error.what()});
      return wrong_;
    }
  }
  return wrong_;
}

void CliPlayer::play_entry(const Entry& entry) {
  if (entry.contains("run")) {
    run(entry);
    while_running_.clear();
    ++runs_;
  } else if (entry.contains("sh")) {
    run_script(entry);
  } else if (entry.value("while_running", false)) {
    while_running_.push_back(entry);
  } else if (entry.contains("hub") || entry.contains("agent")) {
    act(entry);
  } else {
    compare_probes(entry);
  }
}

void CliPlayer::act(const Entry& entry) {
  if (entry.contains("agent")) {
    world_.send_as(entry.at("agent"), entry.at("sends"));
  } else if (entry.at("hub") == "killed") {
    world_.kill_hub();
  } else {
    world_.start_hub(entry.at("hub"));
  }
}

void CliPlayer::run_script(const Entry& entry) {
  const Finished done = test::run(world_.command({"sh", "-ec", entry.at("sh")}));
  if (!done.status || done.status->as_number() != 0) {
    throw std::runtime_error("the script failed: " + done.err);
  }
}

void CliPlayer::compare_probes(const Entry& entry) {
  for (const auto& [key, want] : entry.items()) {
    const auto found = std::find_if(case_.probes.begin(), case_.probes.end(),
                                    [&, &name = key](const ProbeRule& p) { return p.key == name; });
    if (found == case_.probes.end()) throw std::runtime_error("no probe for " + key);
    report(differences(world_.filled(want), found->probe(world_), key));
  }
}

void CliPlayer::run(const Entry& entry) {
  const Words words = entry.at("run");
  const RunRule rule = rule_of_next_run();
  entry_ += "`" + joined(words) + "`: ";
  if (!rule.leaves_before.empty()) world_.leave(std::string(rule.leaves_before));
  if (rule.pause_before.count() > 0) {
    static_cast<void>(eventually(rule.pause_before, [] { return false; }));
  }

  Command command = world_.command(words, entry.value("env", Environment{}));
  if (entry.contains("cwd")) command.folder = world_.filled(entry.at("cwd").get<std::string>());
  const std::string name = name_on_hub(words);
  if (!while_running_.empty()) {
    // Else the name of the run before, still going, would be taken for this one's coming.
    if (!eventually(patience, [&] { return !world_.is_online(name); })) {
      throw std::runtime_error(name + " is online before it is started");
    }
    heard_before_ = world_.heard().size();
  }

  ChildProcess child(command);
  bool first = true;
  for (const Entry& action : while_running_) {
    const std::vector<When> by_default{online(name)};
    await(!first ? rule.act_again_when : rule.act_when.empty() ? by_default : rule.act_when, child);
    act(action);
    first = false;
  }
  if (!rule.interrupt_when.empty()) {
    await(rule.interrupt_when, child);
    child.send_signal(SIGINT);
  }
  compare_run(entry, rule, child);
}

void CliPlayer::compare_run(const Entry& entry, const RunRule& rule, ChildProcess& child) {
  const auto status = child.wait(patience);
  const std::string out = with_link_paths(child.out(), world_.filled(std::string("<bin>/synapse")));
  const std::string err = child.err();
  const std::size_t before = wrong_.size();

  report(differences(entry.at("code"), status ? json(status->as_number()) : json("timeout"),
                     "exit code"));
  const Words lines = lines_of(out);
  if (entry.contains("stdout")) {
    report(differences(world_.filled(entry.at("stdout")), lines, "stdout"));
  }
  if (entry.contains("stdout_last")) {
    const auto last = std::find_if(lines.rbegin(), lines.rend(),
                                   [](const auto& line) { return !trimmed(line).empty(); });
    report(differences(world_.filled(entry.at("stdout_last")),
                       last == lines.rend() ? json::array() : json{*last}, "last line of stdout"));
  }
  if (entry.contains("kept")) {
    if (rule.digest == nullptr) throw std::runtime_error("no digest for this run");
    report(differences(world_.filled(entry.at("kept")), rule.digest(out), "digest of stdout"));
  }
  report(differences(entry.at("stderr_any"), !trimmed(err).empty(), "writes to stderr"));
  if (wrong_.size() > before) {
    wrong_.push_back("its stdout: " + out);
    wrong_.push_back("its stderr: " + err);
  }
}

RunRule CliPlayer::rule_of_next_run() {
  RunRule general;
  for (const RunRule& rule : case_.runs) {
    if (rule.run == runs_) return rule;
    if (rule.run == RunRule::every) general = rule;
  }
  return general;
}

void CliPlayer::await(const std::vector<When>& conditions, ChildProcess& child) {
  for (const When& condition : conditions) {
    if (!comes_true(condition, child)) {
      report({"waited in vain for " + std::string(condition.text)});
    }
  }
}

// Gives up when the command ends: what it was waited for can't come any more.
bool CliPlayer::comes_true(const When& condition, ChildProcess& child) {
  const auto ended = [&] { return child.wait(std::chrono::milliseconds(0)).has_value(); };
  bool there = false;
  switch (condition.kind) {
    case When::Kind::online:
      return eventually(patience,
                        [&] { return (there = world_.is_online(condition.text)) || ended(); }) &&
             there;
    case When::Kind::output:
      return child.wait_for_output(condition.text, patience);
    case When::Kind::chat_from:
      return eventually(patience,
                        [&] {
                          const std::vector<json>& heard = world_.heard();
                          const auto from = heard.begin() + static_cast<long>(heard_before_);
                          there = std::any_of(from, heard.end(), [&](const json& frame) {
                            return frame.at("type") == "chat" &&
                                   frame.at("sender") == condition.text;
                          });
                          return there || ended();
                        }) &&
             there;
    case When::Kind::after:
      static_cast<void>(child.wait(condition.time));
      return true;
  }
  return false;
}

void CliPlayer::report(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) wrong_.push_back(entry_ + line);
}

}  // namespace synapse::test
