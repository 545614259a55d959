// SPDX-License-Identifier: AGPL-3.0-or-later
#include "options.hpp"

#include <sched.h>

#include <charconv>
#include <string_view>

#include "hub_process.hpp"

namespace synapse::bench {
namespace {

template <typename Number>
bool read_number(std::string_view text, Number& number) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

bool read_count(std::string_view text, std::size_t& count) {
  return read_number(text, count) && count > 0;
}

bool read_core(std::string_view text, int& core) {
  return read_number(text, core) && core >= any_core && core < CPU_SETSIZE;
}

struct Option {
  std::string_view name;
  std::string_view meaning;
  Sizes sizes;                               // changed: the goals say nothing about such a run
  bool (*read)(Options&, std::string_view);  // false: not a value for this option
};

constexpr Option option_table[] = {
    {"--hub", "COMMAND  the hub, as \"PATH/synapse hub --port {port} {db}\"; cut at blanks",
     Sizes::standard, [](Options& o, std::string_view v) { return !(o.hub = v).empty(); }},
    {"--scenario", "NAME  may be repeated; default: all", Sizes::standard,
     [](Options& o, std::string_view v) { return !o.scenarios.emplace_back(v).empty(); }},
    {"--command", "COMMAND  what `command` times, as \"PATH/synapse board --uri {uri}\"",
     Sizes::standard, [](Options& o, std::string_view v) { return !(o.command = v).empty(); }},
    {"--dir", "FOLDER  where the event logs go; put it on the disk in question (.)",
     Sizes::standard, [](Options& o, std::string_view v) { return !(o.folder = v).empty(); }},
    {"--runs", "N  fresh hubs a scenario; medians are reported (5)", Sizes::standard,
     [](Options& o, std::string_view v) { return read_count(v, o.runs); }},
    {"--seconds", "S  the measured window of the scenarios that have one (3)", Sizes::standard,
     [](Options& o, std::string_view v) {
       double seconds = 0;
       const bool good = read_number(v, seconds) && seconds > 0 && seconds <= 3600;
       o.window = std::chrono::duration<double>(seconds);
       return good;
     }},
    {"--hub-core", "N  -1: anywhere (0)", Sizes::standard,
     [](Options& o, std::string_view v) { return read_core(v, o.hub_core); }},
    {"--load-core", "N  -1: anywhere (1)", Sizes::standard,
     [](Options& o, std::string_view v) { return read_core(v, o.load_core); }},
    {"--wait", "block|spin  how the load waits for frames (block)", Sizes::standard,
     [](Options& o, std::string_view v) {
       o.waiting = v == "spin" ? Waiting::spins : Waiting::blocks;
       return v == "spin" || v == "block";
     }},
    {"--clients", "N  claim-broadcast and chat-fanout (64), claim-broadcast-db (16)",
     Sizes::changed,
     [](Options& o, std::string_view v) { return read_count(v, o.clients.emplace()); }},
    {"--agents", "N  join and idle (1000)", Sizes::changed,
     [](Options& o, std::string_view v) { return read_count(v, o.agents); }},
    {"--live-claims", "N  claim-under-load (10000)", Sizes::changed,
     [](Options& o, std::string_view v) { return read_count(v, o.live_claims); }},
    {"--queued-claims", "N  claim-queued (10000)", Sizes::changed,
     [](Options& o, std::string_view v) { return read_count(v, o.queued_claims); }},
    {"--iterations", "N  claims timed by the latency scenarios (5000)", Sizes::standard,
     [](Options& o, std::string_view v) { return read_count(v, o.iterations); }},
    {"--in-flight", "N  chats sent and not yet everywhere (256)", Sizes::changed,
     [](Options& o, std::string_view v) { return read_count(v, o.chats_in_flight); }},
    {"--events", "N  replay (1000000)", Sizes::changed,
     [](Options& o, std::string_view v) { return read_count(v, o.events); }},
    {"--repeats", "N  starts of the command a run (30)", Sizes::standard,
     [](Options& o, std::string_view v) { return read_count(v, o.command_repeats); }},
};

UsageError wrong(std::string_view text, std::string_view about) {
  return {std::string(text) + std::string(about)};
}

}  // namespace

std::string usage() {
  std::string text = "usage: synapse_bench --hub COMMAND [OPTION VALUE]... [--json]\n";
  for (const Option& option : option_table) {
    text.append("  ").append(option.name).append(" ").append(option.meaning).append("\n");
  }
  return text + "  --json  one JSON document in place of the table\n";
}

ParsedOptions parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--help" || name == "-h") return HelpWanted{};
    if (name == "--json") {
      options.format = Format::json;
      continue;
    }
    const Option* known = nullptr;
    for (const Option& option : option_table) {
      if (option.name == name) known = &option;
    }
    if (known == nullptr) return wrong("unknown option ", name);
    if (++i == argc) return wrong("a value is missing after ", name);
    if (!known->read(options, argv[i])) return wrong("not a value for ", name);
    if (known->sizes == Sizes::changed) options.sizes = Sizes::changed;
  }
  if (options.hub.empty()) return wrong("missing: ", "--hub");
  return options;
}

}  // namespace synapse::bench
