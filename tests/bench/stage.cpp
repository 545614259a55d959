// SPDX-License-Identifier: AGPL-3.0-or-later
#include "stage.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "failure.hpp"
#include "frame_text.hpp"

namespace synapse::bench {

std::filesystem::path log_file(const Run& run) { return run.folder / "events.db"; }

HubCommand hub_command(const Run& run, Log log, std::size_t sockets) {
  constexpr std::size_t default_clients_max = 64;
  HubCommand command;
  command.port = free_port();
  command.core = run.options.hub_core;
  command.output = run.folder / "hub.log";
  bool has_place_for_log = false;
  for (std::string& word : split_command(run.options.hub)) {
    if (word == "{db}") {
      has_place_for_log = true;
      if (log == Log::none) continue;
      command.arguments.emplace_back("--db");
      word = log_file(run).string();
    }
    replace_all(word, "{port}", std::to_string(command.port));
    command.arguments.push_back(std::move(word));
  }
  if (log == Log::file && !has_place_for_log) throw Failure("--hub has no {db} for the event log");
  if (sockets > default_clients_max) {
    command.arguments.emplace_back("--max-clients");
    command.arguments.push_back(std::to_string(std::max<std::size_t>(2048, sockets)));
  }
  return command;
}

std::size_t bring_online(SocketPool& pool, const std::vector<std::string>& names, Hearing hearing) {
  const std::size_t first = pool.size();
  for (const std::string& name : names) {
    const std::size_t socket = pool.open();
    pool.queue(socket,
               hearing == Hearing::nothing ? deaf_heartbeat_text(name) : heartbeat_text(name));
    pool.queue(socket, who_request_text(name));
  }
  std::size_t answered = 0;
  pool.pump_until([&] { return answered == names.size(); }, "agents to come online",
                  [&](std::size_t, std::string_view frame) {
                    const std::string_view type = type_of(frame);
                    expect_no_refusal(type, frame);
                    if (type == "who_snapshot") ++answered;
                  });
  return first;
}

std::vector<std::string> agent_names(std::size_t first, std::size_t count) {
  std::vector<std::string> names;
  names.reserve(count);
  for (std::size_t i = 0; i < count; ++i) names.push_back(agent_name(first + i));
  return names;
}

}  // namespace synapse::bench
