// SPDX-License-Identifier: AGPL-3.0-or-later
// synapse cluster compact: has etcd forget at once what no hub needs.
#include <ostream>

#include "cli/client/cluster_hubs.hpp"
#include "cli/commands/commands.hpp"
#include "cli/output/render.hpp"

namespace synapse::cli::commands {

namespace {

struct ClusterCompactArguments {
  ConnectionOptions connection;
  bool json = false;
};

// The hub gives up after a minute.
constexpr std::chrono::seconds compact_patience{75};

std::string bytes_text(std::uint64_t bytes) {
  if (bytes < 10'000) return std::to_string(bytes) + " bytes";
  if (bytes < 10'000'000) return std::to_string(bytes / 1000) + " kB";
  return std::to_string(bytes / 1'000'000) + " MB";
}

void print_nodes(Context& context, const Json& nodes) {
  for (const Json& node : nodes.is_array() ? nodes : Json::array()) {
    context.out << "  " << shown(node, "at") << ": ";
    if (!text_of(node, "error").empty()) {
      context.out << "does not say: " << shown(node, "error") << '\n';
      continue;
    }
    const std::uint64_t before = wire::count_member(node, "used_before");
    const std::uint64_t after = wire::count_member(node, "used");
    context.out << bytes_text(before > after ? before - after : 0) << " freed, "
                << bytes_text(after) << " in use, the file has "
                << bytes_text(wire::count_member(node, "file")) << '\n';
  }
}

int run_cluster_compact(Context& context, const ClusterCompactArguments& options) {
  const Result<AgentOptions> settings = observer_options(context, options.connection);
  if (!settings) return explain_usage(context, settings.error());
  const Result<Json> done = tell_cluster(*settings, {"/cluster/compact", {}, compact_patience});
  if (!done) return explain_cluster(context, done.error());
  if (options.json) {
    context.out << render_json(*done);
    return exit_code::ok;
  }
  context.out << "All hubs have saved their state; etcd has forgotten what was before revision "
              << wire::count_member(*done, "revision") << '\n';
  if (member(*done, "held_back") == true) {
    context.out << "Another bus in the same etcd needs what comes after that.\n";
  }
  print_nodes(context, member(*done, "nodes"));
  context.out << "What is freed is used again; to make the files smaller: etcdctl defrag, one node "
                 "after the other\n";
  return exit_code::ok;
}

}  // namespace

Runner cluster_compact(OptionSet& set) {
  auto options = std::make_shared<ClusterCompactArguments>();
  set.flag("--json", options->json, "print one JSON document");
  add_hub_options(set, options->connection);
  set.example("synapse cluster compact --uri ws://a:8876,ws://b:8876,ws://c:8876");
  return runner(options, run_cluster_compact);
}

}  // namespace synapse::cli::commands
