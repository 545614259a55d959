// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/cluster_units.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "base/control.hpp"
#include "base/strings.hpp"
#include "cluster/address.hpp"
#include "net/http_rules.hpp"
#include "net/uri.hpp"

namespace synapse::services {

// Of the files in examples/cluster.
extern const char* const etcd_node_unit;
extern const char* const cluster_hub_unit;
extern const char* const cluster_compose;

namespace {

constexpr std::size_t nodes_min = 3;
constexpr std::size_t nodes_max = 7;
constexpr std::size_t node_name_max = 32;
constexpr std::uint16_t first_hub_port = 8876;
constexpr std::string_view part_border = "# ---\n";

Error not_these(const std::string& why) { return fail(ErrorCode::bad_argument, "--node: " + why); }

using Words = std::vector<std::pair<std::string_view, std::string>>;

std::string filled(std::string text, const Words& words) {
  for (const auto& [place, word] : words) {
    for (std::size_t at = 0; (at = text.find(place, at)) != std::string::npos; at += word.size()) {
      text.replace(at, place.size(), word);
    }
  }
  return text;
}

// Of the lines that are for one kind of machine, those for this.
std::string chosen(std::string_view text, bool is_loopback) {
  const std::string_view kept = is_loopback ? "@NEAR@" : "@FAR@";
  const std::string_view dropped = is_loopback ? "@FAR@" : "@NEAR@";
  std::string lines;
  for (std::string_view line : base::split(text, '\n')) {
    if (line.starts_with(dropped)) continue;
    if (line.starts_with(kept)) line.remove_prefix(kept.size());
    lines += std::string(line) + '\n';
  }
  lines.pop_back();  // What follows the last line is none.
  return lines;
}

std::string place_of(const ClusterNode& node, int port) {
  return node.host + ":" + std::to_string(port);
}

class ClusterFiles {
 public:
  ClusterFiles(const std::vector<ClusterNode>& nodes, std::string bus, std::string program)
      : nodes_(nodes), bus_(std::move(bus)), program_(std::move(program)) {}

  std::vector<ClusterFile> all() const {
    std::vector<ClusterFile> files;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      const ClusterNode& node = nodes_[i];
      const std::filesystem::path folder = node.name;
      files.push_back(
          {folder / ("synapse-etcd-" + node.name + ".service"), filled(etcd_node_unit, words(i))});
      files.push_back({folder / ("synapse-hub-" + node.name + ".service"),
                       filled(chosen(cluster_hub_unit, node.is_loopback), words(i))});
    }
    files.push_back({"compose.yaml", compose()});
    return files;
  }

 private:
  [[nodiscard]] Words words(std::size_t at) const {
    const ClusterNode& node = nodes_[at];
    const auto before = nodes_.begin() + static_cast<std::ptrdiff_t>(at);
    // Several on one machine are told apart by their ports.
    const auto on_same = std::count_if(
        nodes_.begin(), before, [&](const ClusterNode& other) { return other.host == node.host; });
    return {{"@NAME@", node.name},
            {"@CLIENT@", place_of(node, node.port)},
            {"@PEER@", place_of(node, node.port + 1)},
            {"@HOST@", node.host},
            {"@PORT@", std::to_string(first_hub_port + on_same)},
            {"@MEMBERS@", list(&ClusterFiles::member)},
            {"@ENDPOINTS@", list(&ClusterFiles::endpoint)},
            {"@BUS@", bus_},
            {"@PROGRAM@", program_}};
  }

  static std::string member(const ClusterNode& node) {
    return node.name + "=http://" + place_of(node, node.port + 1);
  }
  static std::string endpoint(const ClusterNode& node) { return place_of(node, node.port); }
  [[nodiscard]] std::string list(std::string (*text)(const ClusterNode&)) const {
    std::vector<std::string> parts;
    for (const ClusterNode& node : nodes_) parts.push_back(text(node));
    return base::join(parts, ",");
  }

  [[nodiscard]] std::string compose() const {
    const std::string text = cluster_compose;
    const std::size_t begin = text.find(part_border);
    const std::size_t end = text.find(part_border, begin + part_border.size());
    const std::string part =
        text.substr(begin + part_border.size(), end - begin - part_border.size());
    std::string whole = filled(text.substr(0, begin), words(0));
    for (std::size_t i = 0; i < nodes_.size(); ++i) whole += filled(part, words(i));
    return whole + text.substr(end + part_border.size());
  }

  const std::vector<ClusterNode>& nodes_;
  const std::string bus_;
  const std::string program_;
};

bool is_node_name(std::string_view name) {
  return !name.empty() && name.size() <= node_name_max && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

}  // namespace

Result<ClusterNode> parse_node(std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  if (equals == std::string_view::npos || !is_node_name(name)) {
    return not_these("give NAME=ADDRESS, with a name of a-z, 0-9 and -");
  }
  const auto address =
      cluster::parse_address("etcd://" + std::string(text.substr(equals + 1)) + "/bus");
  if (!address || address->endpoints.size() != 1) {
    return not_these("the address of " + std::string(name) + " is none: HOST or HOST:PORT");
  }
  const net::Uri& uri = address->endpoints.front();
  const bool is_ipv6 = uri.host.find(':') != std::string::npos;
  return ClusterNode{std::string(name), is_ipv6 ? "[" + uri.host + "]" : uri.host, uri.port,
                     net::is_loopback(uri.host)};
}

Result<std::vector<ClusterFile>> cluster_files(const std::vector<ClusterNode>& nodes,
                                               const std::string& bus,
                                               const std::filesystem::path& program) {
  if (nodes.size() < nodes_min || nodes.size() > nodes_max || nodes.size() % 2 == 0) {
    return not_these(
        "a cluster has three, five or seven nodes: etcd goes on while more than half "
        "of them do");
  }
  std::set<std::string> names;
  std::set<std::pair<std::string, int>> places;
  for (const ClusterNode& node : nodes) {
    const bool is_new = names.insert(node.name).second &&
                        places.emplace(node.host, node.port).second &&
                        places.emplace(node.host, node.port + 1).second;
    if (!is_new || node.port == UINT16_MAX) {
      return not_these(
          "names and addresses have to be different (each node has two ports, PORT "
          "and the next one)");
    }
  }
  if (!cluster::parse_address("etcd://h/" + bus)) {
    return fail(ErrorCode::bad_argument, "--bus: it needs a name of letters, digits, . _ and -");
  }
  const std::string path = program.string();
  if (!program.is_absolute() || base::has_control(path) ||
      path.find_first_of("$% \"'\\;") != std::string::npos) {
    return fail(ErrorCode::bad_argument,
                "--synapse-bin: a service needs an absolute path without blanks, quotes, $ and %");
  }
  return ClusterFiles(nodes, bus, path).all();
}

}  // namespace synapse::services
