// SPDX-License-Identifier: AGPL-3.0-or-later
// Lines as the environment and the options that say who somebody is. What comes of them agrees with
// itself, and stays one word where it becomes a file's name, a unit's name or a part of a shell's
// code.
#include "base/assert.hpp"
#include "base/environment.hpp"
#include "base/shell_quote.hpp"
#include "base/strings.hpp"
#include "git/hooks.hpp"
#include "services/identity.hpp"
#include "services/shell_hook.hpp"
#include "services/units.hpp"

using namespace synapse;

namespace {

void check_names(const services::Identity& who) {
  SYNAPSE_ASSERT(who.waiter == who.identity + "-rx");
  SYNAPSE_ASSERT(services::file_name_of(who.identity).find('/') == std::string::npos);
  const base::FixedEnvironment nothing({});
  const std::string terminal = services::terminal_name(who, nothing, who.identity);
  SYNAPSE_ASSERT(terminal.starts_with(who.project + "/"));
  for (const std::string& word : services::listener_words(who, services::ListenFor::directed)) {
    SYNAPSE_ASSERT(!word.empty());
  }
}

void check_words(const std::string& text) {
  const Result<std::string> unit = services::instance_name("synapse-arm", text);
  if (unit) {
    SYNAPSE_ASSERT(unit->size() <= 255 && unit->ends_with(".service"));
    SYNAPSE_ASSERT(unit->find_first_of("/ \n\t\"'") == std::string::npos);
  }
  if (services::is_provider_name(text)) SYNAPSE_ASSERT(base::shell_quoted(text) == text);
  if (text.find('\0') != std::string::npos) return;
  const std::vector<std::string> words{text, "--name", text};
  SYNAPSE_ASSERT(git::shell_words(services::shell_line(words)) == words);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  const std::vector<std::string_view> lines =
      base::split({reinterpret_cast<const char*>(data), size}, '\n');
  const auto line = [&lines](std::size_t number) -> std::optional<std::string> {
    if (number >= lines.size()) return std::nullopt;
    return std::string(lines[number]);
  };
  std::map<std::string, std::string> variables;
  std::size_t number = 0;
  for (const char* name : {"SYN_PROJECT", "SYN_IDENTITY", "__SYNAPSE_AUTO_PROJECT",
                           "__SYNAPSE_AUTO_IDENTITY", "HOME"}) {
    if (const auto value = line(number++)) variables[name] = *value;
  }
  const base::FixedEnvironment environment(variables);
  services::IdentityOptions options;
  options.project = line(5);
  options.id = line(6);
  if (const auto type = line(7)) options.type = *type;
  const auto folder = std::filesystem::temp_directory_path();
  const Result<services::Identity> who = services::resolve_identity(environment, folder, options);
  if (who) check_names(*who);
  static_cast<void>(services::find_caller(environment, folder, line(8)));
  check_words({reinterpret_cast<const char*>(data), size});
  return 0;
}
