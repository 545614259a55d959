// SPDX-License-Identifier: AGPL-3.0-or-later
// synapse cluster status: the hubs of a bus, as the first of them that answers sees them.
#include <iomanip>
#include <ostream>
#include <sstream>

#include "cli/client/cluster_hubs.hpp"
#include "cli/commands/commands.hpp"
#include "cli/output/render.hpp"

namespace synapse::cli::commands {

namespace {

struct ClusterArguments {
  ConnectionOptions connection;
  bool json = false;
};

std::string count_text(const Json& object, const char* key) {
  return std::to_string(wire::count_member(object, key));
}

std::string status_seconds(const Json& hub, const char* key) {
  const Json& value = member(hub, key);
  std::ostringstream text;
  text << std::fixed << std::setprecision(1) << (value.is_number() ? value.get<double>() : 0.0);
  return text.str() + " s";
}

void print_status(Context& context, const Json& status) {
  const Style style(context);
  const bool has_quorum = member(status, "quorum") == true;
  context.out << "bus " << shown(status, "bus") << ": "
              << (has_quorum ? "changes are taken" : "NO MAJORITY: changes are refused")
              << "; revision " << count_text(status, "revision") << ", rules "
              << count_text(status, "rules") << ", agents online " << count_text(status, "agents")
              << '\n';
  const std::string agreement = text_of(status, "agreement");
  if (agreement == "differs" || agreement == "alone") {
    context.out << "THE HUBS' STATES DIFFER: see docs/cluster.md\n";
  }
  context.out << style.heading("Hubs") << '\n';
  const Json& hubs = member(status, "hubs");
  for (const Json& hub : hubs.is_array() ? hubs : Json::array()) {
    const bool is_silent = member(hub, "silent") == true;
    const std::string heard = status_seconds(hub, "heard_seconds");
    context.out << "  " << shown(hub, "name") << ' ' << shown(hub, "url") << ": version "
                << shown(hub, "version") << ", rules " << count_text(hub, "rules")
                << (is_silent ? ", SILENT for " + heard : ", heard " + heard + " ago")
                << ", clock ahead by " << status_seconds(hub, "clock_ahead") << ", snapshot "
                << count_text(hub, "snapshot") << ' ' << shown(hub, "digest")
                << (member(hub, "draining") == true ? ", DRAINING: it takes no sockets" : "")
                << (member(hub, "self") == true ? " (answers)" : "") << '\n';
  }
}

std::string percent_text(const Json& node) {
  const auto quota = static_cast<double>(wire::count_member(node, "quota"));
  const auto file = static_cast<double>(wire::count_member(node, "file"));
  return quota > 0 ? std::to_string(static_cast<int>(100 * file / quota)) + " %" : "?";
}

void print_etcd(Context& context, const Json& nodes) {
  if (!nodes.is_array() || nodes.empty()) return;
  context.out << Style(context).heading("Nodes of etcd") << '\n';
  for (const Json& node : nodes) {
    context.out << "  " << shown(node, "at") << ": ";
    if (!text_of(node, "error").empty()) {
      context.out << "DOES NOT ANSWER: " << shown(node, "error") << '\n';
      continue;
    }
    const Json& sync = member(node, "sync_p99");
    std::ostringstream milliseconds;
    if (sync.is_number()) {
      milliseconds << std::fixed << std::setprecision(1) << 1000 * sync.get<double>() << " ms";
    } else {
      milliseconds << "not known yet";
    }
    context.out << "quota used " << percent_text(node) << ", sync p99 " << milliseconds.str()
                << (member(node, "leader") == true ? "" : ", NO LEADER") << '\n';
  }
}

int run(Context& context, const ClusterArguments& options) {
  const Result<AgentOptions> settings = observer_options(context, options.connection);
  if (!settings) return explain_usage(context, settings.error());
  const Result<Json> status = ask_cluster_status(*settings);
  if (!status) return explain_cluster(context, status.error());
  if (options.json) {
    context.out << render_json(*status);
  } else {
    print_status(context, *status);
    print_etcd(context, member(*status, "nodes"));
  }
  return member(*status, "quorum") == true ? exit_code::ok : exit_code::failed;
}

}  // namespace

Runner cluster_status(OptionSet& set) {
  auto options = std::make_shared<ClusterArguments>();
  set.flag("--json", options->json, "print one JSON document");
  add_hub_options(set, options->connection);
  set.example("synapse cluster status --uri ws://a:8876,ws://b:8876,ws://c:8876");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
