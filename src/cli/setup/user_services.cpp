// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/setup/user_services.hpp"

#include <poll.h>
#include <algorithm>
#include <csignal>
#include <ostream>

#include "cli/exit_code.hpp"
#include "cli/output/render.hpp"
#include "cli/process/child.hpp"
#include "cli/setup/program.hpp"
#include "services/units.hpp"

namespace synapse::cli {

namespace {

// systemctl waits for the services' start jobs; ours are started as soon as they run.
constexpr int systemctl_timeout_ms = 60'000;

ServiceStep run_step(const std::vector<std::string>& words) {
  const std::string line = services::shell_line(words);
  Result<Child> child = Child::start(words);
  if (!child) return {"FAILED", line + " (cannot run it: " + child.error().message + ")"};
  pollfd event{child->descriptor(), POLLIN, 0};
  const bool ended = poll(&event, 1, systemctl_timeout_ms) == 1;
  if (!ended) child->send_signal(SIGKILL);
  const int code = child->wait();
  if (!ended) return {"FAILED", line + " (no end within 60 s)"};
  if (code != exit_code::ok) return {"FAILED", line + " (exit code " + std::to_string(code) + ")"};
  return {"done", line};
}

// What goes into the units: systemd looks for a word without a slash in a few folders of its own.
Result<std::filesystem::path> program_path(const Context& context, const ServiceOptions& options) {
  if (!options.program) return context.program;
  const std::filesystem::path given = *options.program;
  if (given.is_absolute()) return given;
  if (given.has_parent_path()) return (context.folder / given).lexically_normal();
  if (std::filesystem::path found = find_program(context, given); !found.empty()) return found;
  return fail(ErrorCode::bad_argument, "--synapse-bin: no " + given.string() + " on the PATH");
}

}  // namespace

void add_service_options(OptionSet& set, ServiceOptions& options) {
  set.heading("Services");
  set.flag("--install-user-services", options.install,
           "write the units of hub, presence and listener for your systemd");
  set.flag("--start-user-services", options.start, "write them, enable them and start them");
}

void add_service_program_option(OptionSet& set, ServiceOptions& options) {
  set.text({"--synapse-bin", "PATH", "the program that they run [this one]"}, options.program);
}

Result<std::vector<std::string>> set_up_lines(const services::Identity& who) {
  const auto commands = services::start_commands(who.project, who.identity);
  if (!commands) return commands.error();
  std::vector<std::string> lines{
      services::shell_line({"synapse", "init", "--project", who.project, "--identity", who.identity,
                            "--install-user-services"})};
  for (const auto& words : *commands) lines.push_back(services::shell_line(words));
  lines.emplace_back("synapse install-shell-hook --shell auto");
  return lines;
}

int print_unit(Context& context, std::span<const std::string> words) {
  if (words.size() != 2) {
    context.err << "synapse: give a unit's name and the program that it runs\n";
    return exit_code::usage;
  }
  const Result<std::string> text = services::unit_text(words.front(), words.back());
  if (!text) {
    context.err << "synapse: " << shown(text.error().message) << '\n';
    return exit_code::usage;
  }
  context.out << *text;
  return exit_code::ok;
}

Result<std::vector<ServiceStep>> set_up_services(Context& context, const ServiceOptions& options,
                                                 const services::Identity& who) {
  // Before anything is written: a name that does not do would leave half of it.
  const auto commands = services::start_commands(who.project, who.identity);
  if (!commands) return commands.error();
  const Result<std::filesystem::path> program = program_path(context, options);
  if (!program) return program.error();
  const auto installed = services::install_units(context.environment, *program);
  if (!installed) return installed.error();
  std::vector<ServiceStep> steps;
  for (const auto& folder : installed->folders) steps.push_back({"ensured", folder.string()});
  for (const auto& file : installed->files) steps.push_back({"wrote", file.string()});
  context.out.flush();
  for (const auto& words : *commands) {
    steps.push_back(options.start ? run_step(words)
                                  : ServiceStep{"next:", services::shell_line(words)});
    // What comes next needs what failed.
    if (steps.back().what == "FAILED") break;
  }
  return steps;
}

Result<std::vector<ServiceStep>> remove_services(Context& context) {
  const auto units = services::find_units(context.environment);
  if (!units) return units.error();
  std::vector<ServiceStep> steps;
  context.out.flush();
  for (const auto& words : services::stop_commands(*units)) steps.push_back(run_step(words));
  std::vector<std::filesystem::path> ours = units->links;
  ours.insert(ours.end(), units->files.begin(), units->files.end());
  for (const auto& file : ours) {
    std::error_code error;
    std::filesystem::remove(file, error);
    steps.push_back(error ? ServiceStep{"FAILED", file.string() + ": " + error.message()}
                          : ServiceStep{"removed", file.string()});
  }
  for (const auto& file : units->foreign) {
    steps.push_back({"left", file.string() + ", which `synapse init` has not written"});
  }
  if (!ours.empty()) steps.push_back(run_step({"systemctl", "--user", "daemon-reload"}));
  return steps;
}

bool has_failed(const std::vector<ServiceStep>& steps) {
  return std::any_of(steps.begin(), steps.end(),
                     [](const ServiceStep& step) { return step.what == "FAILED"; });
}

std::string render_steps(const std::vector<ServiceStep>& steps) {
  std::string text;
  for (const ServiceStep& step : steps) text += step.what + " " + shown(step.text) + "\n";
  return text;
}

}  // namespace synapse::cli
