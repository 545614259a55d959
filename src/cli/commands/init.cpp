// SPDX-License-Identifier: AGPL-3.0-or-later
#include <ostream>

#include "cli/client/connection.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/output/render.hpp"
#include "cli/output/screen.hpp"
#include "cli/setup/user_services.hpp"

namespace synapse::cli::commands {

namespace {

struct InitArguments {
  services::IdentityOptions who;
  std::optional<std::string> identity;
  ServiceOptions services;
  bool uninstall = false;
};

int print_lines(Context& context, const services::Identity& who) {
  const Result<std::vector<std::string>> lines = set_up_lines(who);
  if (!lines) return explain_usage(context, lines.error());
  context.out << "# Nothing is installed yet. These commands set up a hub, the presence of "
              << shown(who.project) << "\n# and a listener for " << shown(who.identity)
              << " as services of your systemd; --start-user-services runs them.\n";
  for (const std::string& line : *lines) context.out << shown(line) << '\n';
  return exit_code::ok;
}

int explain_steps(Context& context, const Result<std::vector<ServiceStep>>& steps) {
  if (!steps) {
    context.err << context.command << ": " << shown(steps.error().message) << '\n';
    return steps.error().code == ErrorCode::bad_argument ? exit_code::usage : exit_code::failed;
  }
  context.out << render_steps(*steps);
  return has_failed(*steps) ? exit_code::failed : exit_code::ok;
}

int uninstall(Context& context) {
  const auto steps = remove_services(context);
  const int code = explain_steps(context, steps);
  if (!steps) return code;
  if (steps->empty()) context.out << "nothing to do: none of the services is installed\n";
  context.out
      << "kept: the hub's log, in ~/synapse. `synapse install-shell-hook --remove` takes the "
         "hook out of your shell.\n";
  return code;
}

int run(Context& context, const InitArguments& options) {
  if (options.uninstall) return uninstall(context);
  const Result<services::Identity> found =
      services::resolve_identity(context.environment, context.folder, options.who);
  if (!found) return explain_usage(context, found.error());
  services::Identity who = *found;
  if (options.identity) who.identity = *options.identity;
  if (!who.plausible) {
    context.err << context.command << ": warning: '" << shown(who.project)
                << "' is hardly the project that you mean; give --project\n";
  }
  if (!options.services.install && !options.services.start) return print_lines(context, who);
  const int code = explain_steps(context, set_up_services(context, options.services, who));
  context.out.flush();
  if (code == exit_code::ok && options.services.start) {
    hint(context,
         "Next: `synapse doctor` says whether all of it runs; `synapse hooks install`, in a "
         "repository, has assistants claim what they edit.");
  }
  return code;
}

}  // namespace

Runner init(OptionSet& set) {
  auto options = std::make_shared<InitArguments>();
  set.text({"--project", "PROJECT", "the project that is kept present [as `syn name` has it]"},
           options->who.project);
  set.text({"--identity", "NAME", "whose messages the listener hears [as `syn name` has it]"},
           options->identity);
  add_service_options(set, options->services);
  add_service_program_option(set, options->services);
  set.flag("--uninstall", options->uninstall, "stop them and take them away; the log stays");
  set.exclusive("--uninstall", "--install-user-services");
  set.exclusive("--uninstall", "--start-user-services");
  set.example("synapse init                             # what it takes");
  set.example("synapse init --project shop --start-user-services");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
