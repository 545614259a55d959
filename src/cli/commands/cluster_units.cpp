// SPDX-License-Identifier: AGPL-3.0-or-later
// synapse cluster units: what systemd, or Docker, needs to run a cluster on a few machines.
#include <ostream>
#include <system_error>

#include "base/file.hpp"
#include "cli/client/connection.hpp"
#include "cli/commands/commands.hpp"
#include "cli/output/render.hpp"
#include "cli/setup/program.hpp"
#include "services/cluster_units.hpp"

namespace synapse::cli::commands {

namespace {

namespace fs = std::filesystem;

struct UnitsArguments {
  std::vector<std::string> nodes;
  std::string bus = "team";
  std::optional<std::string> folder;
  std::optional<std::string> program;
};

Result<> write_files(const fs::path& folder, const std::vector<services::ClusterFile>& files) {
  const base::FileTraits traits{0644, base::FileTraits::Mode::exact, base::FileTraits::Sync::no};
  for (const services::ClusterFile& file : files) {
    const fs::path path = folder / file.name;
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (!error) error = base::replace_file(path, file.text, traits);
    if (error) return base::file_error(path, "can't be written", error.value());
  }
  return {};
}

int run_units(Context& context, const UnitsArguments& options) {
  std::vector<services::ClusterNode> nodes;
  for (const std::string& text : options.nodes) {
    const auto node = services::parse_node(text);
    if (!node) return explain_usage(context, node.error());
    nodes.push_back(*node);
  }
  const fs::path program = options.program ? fs::path(*options.program) : this_program(context);
  const auto files = services::cluster_files(nodes, options.bus, program);
  if (!files) return explain_usage(context, files.error());
  if (!options.folder) {
    for (const services::ClusterFile& file : *files) {
      context.out << "# === " << file.name.string() << "\n" << file.text;
    }
    return exit_code::ok;
  }
  const fs::path folder = context.folder / *options.folder;
  if (const Result<> written = write_files(folder, *files); !written) {
    context.err << "synapse cluster units: " << shown(written.error().message) << '\n';
    return exit_code::failed;
  }
  for (const services::ClusterFile& file : *files) {
    context.out << "wrote " << shown((folder / file.name).string()) << '\n';
  }
  context.out << "next: on each machine put its two units into /etc/systemd/system, the token of\n"
                 "the hubs as SYNAPSE_TOKEN=... into /etc/synapse/hub.env, and beyond one machine\n"
                 "the hub's certificate into /etc/synapse/hub.crt and hub.key; then systemctl\n"
                 "enable --now both\n";
  return exit_code::ok;
}

}  // namespace

Runner cluster_units(OptionSet& set) {
  auto options = std::make_shared<UnitsArguments>();
  set.list({"--node", "NAME=ADDRESS", "a machine: HOST or HOST:PORT of its etcd (three or more)"},
           options->nodes);
  set.text({"--folder", "DIR", "write the files there [print them]"}, options->folder);
  set.text({"--bus", "NAME", "of the bus that the hubs share"}, options->bus);
  set.text({"--synapse-bin", "PATH", "the program that the hubs' units run [this one]"},
           options->program);
  set.example("synapse cluster units --node a=10.0.0.1 --node b=10.0.0.2 --node c=10.0.0.3");
  return runner(options, run_units);
}

}  // namespace synapse::cli::commands
