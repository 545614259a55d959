// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/units.hpp"

#include <algorithm>
#include <array>
#include <system_error>

#include "base/control.hpp"
#include "base/file.hpp"
#include "base/shell_quote.hpp"
#include "base/strings.hpp"

namespace synapse::services {

// Of the files in units/.
extern const char* const hub_unit;
extern const char* const presence_unit;
extern const char* const arm_unit;
extern const char* const hardening_lines;

namespace {

namespace fs = std::filesystem;

// systemd's UNIT_NAME_MAX, without the zero at the end.
constexpr std::size_t unit_name_bytes_max = 255;

constexpr std::array<std::string_view, 3> unit_names{
    "synapse-hub.service", "synapse-presence@.service", "synapse-arm@.service"};

// ASCII, whatever the locale.
bool is_alphanumeric(char character) {
  return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'z') ||
         (character >= 'A' && character <= 'Z');
}

// The first word of a command line of a unit: `%` and `$` mean something there, and quotes do.
std::string unit_word(const std::string& path) {
  std::string word;
  bool needs_quotes = false;
  for (const char character : path) {
    if (character == '%') word += '%';
    if (character == '"' || character == '\\') word += '\\';
    needs_quotes = needs_quotes || character == ' ' || character == '\'' || character == '"' ||
                   character == '\\' || character == ';';
    word += character;
  }
  return needs_quotes ? "\"" + word + "\"" : word;
}

Unit make_unit(std::string_view name, std::string text, const std::string& program) {
  const std::string place = "@PROGRAM@";
  text.replace(text.find(place), place.size(), unit_word(program));
  return {std::string(name), text + hardening_lines};
}

Result<> make_folders(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return base::file_error(folder, "can't be made", error.value());
  return {};
}

// The folder of the user's units.
Result<fs::path> units_folder(const base::Environment& environment) {
  const fs::path home = environment.get("HOME").value_or("");
  if (!home.is_absolute()) {
    return fail(ErrorCode::bad_argument, "no $HOME: it says whose services they are");
  }
  const fs::path configured = environment.get("XDG_CONFIG_HOME").value_or("");
  const fs::path config = configured.is_absolute() ? configured : home / ".config";
  return config / "systemd/user";
}

bool is_ours(const fs::path& file) {
  constexpr std::size_t start_bytes = 256;
  const Result<std::string> start = base::read_start(file, start_bytes);
  return start && start->starts_with("# Written by `synapse init`.\n");
}

// Whether a link in a .wants folder is of this unit, or of an instance of it.
bool starts_unit(const fs::path& link, const fs::path& file) {
  const std::string name = link.filename().string();
  const std::string unit = file.filename().string();
  const std::size_t at = unit.find("@.");
  if (at == std::string::npos) return name == unit;
  return name.starts_with(unit.substr(0, at + 1)) && name.ends_with(unit.substr(at + 1));
}

Result<> write_whole(const fs::path& file, const std::string& text) {
  const base::FileTraits traits{0644, base::FileTraits::Mode::exact, base::FileTraits::Sync::yes};
  if (const std::error_code failed = base::replace_file(file, text, traits)) {
    return base::file_error(file, "can't be written", failed.value());
  }
  return {};
}

}  // namespace

std::string escape_instance(std::string_view text) {
  std::string escaped;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char character = text[at];
    if (character == '/') {
      escaped += '-';
    } else if (is_alphanumeric(character) || character == ':' || character == '_' ||
               (character == '.' && at > 0)) {
      escaped += character;
    } else {
      constexpr const char* digits = "0123456789abcdef";
      const auto byte = static_cast<unsigned char>(character);
      escaped += "\\x";
      escaped += digits[byte / 16];
      escaped += digits[byte % 16];
    }
  }
  return escaped;
}

Result<std::string> instance_name(std::string_view unit, std::string_view instance) {
  std::string name = std::string(unit) + "@" + escape_instance(instance) + ".service";
  if (instance.empty() || name.size() > unit_name_bytes_max) {
    return fail(ErrorCode::bad_argument,
                "'" + base::escape_control(instance, base::LineBreaks::escape) +
                    "' is blank or too long for a service's name; choose another with --project "
                    "and --identity");
  }
  return name;
}

Result<std::vector<Unit>> user_units(const fs::path& program) {
  const std::string path = program.string();
  if (!program.is_absolute() || base::has_control(path) || path.find('$') != std::string::npos) {
    return fail(ErrorCode::bad_argument,
                "--synapse-bin: a service needs an absolute path without control characters or $");
  }
  return std::vector<Unit>{make_unit(unit_names[0], hub_unit, path),
                           make_unit(unit_names[1], presence_unit, path),
                           make_unit(unit_names[2], arm_unit, path)};
}

Result<std::string> unit_text(std::string_view file_name, const fs::path& program) {
  const Result<std::vector<Unit>> units = user_units(program);
  if (!units) return units.error();
  for (const Unit& unit : *units) {
    if (unit.file_name == file_name) return unit.text;
  }
  return fail(ErrorCode::bad_argument, "there is no unit " + std::string(file_name));
}

Result<Installed> install_units(const base::Environment& environment, const fs::path& program) {
  const Result<fs::path> folder = units_folder(environment);
  if (!folder) return folder.error();
  const Result<std::vector<Unit>> units = user_units(program);
  if (!units) return units.error();
  const fs::path home = environment.get("HOME").value_or("");
  Installed installed{{*folder, home / "synapse"}, {}};
  for (const fs::path& each : installed.folders) {
    if (Result<> made = make_folders(each); !made) return made.error();
  }
  for (const Unit& unit : *units) {
    const fs::path file = installed.folders.front() / unit.file_name;
    if (Result<> written = write_whole(file, unit.text); !written) return written.error();
    installed.files.push_back(file);
  }
  return installed;
}

Result<std::vector<std::vector<std::string>>> start_commands(const std::string& project,
                                                             const std::string& identity) {
  const Result<std::string> presence = instance_name("synapse-presence", project);
  if (!presence) return presence.error();
  const Result<std::string> listener = instance_name("synapse-arm", identity);
  if (!listener) return listener.error();
  std::vector<std::vector<std::string>> commands{{"systemctl", "--user", "daemon-reload"}};
  for (const std::string& unit : {std::string("synapse-hub.service"), *presence, *listener}) {
    commands.push_back({"systemctl", "--user", "enable", "--now", unit});
  }
  return commands;
}

Result<InstalledUnits> find_units(const base::Environment& environment) {
  const Result<fs::path> folder = units_folder(environment);
  if (!folder) return folder.error();
  InstalledUnits found;
  std::error_code error;
  for (const std::string_view name : unit_names) {
    const fs::path file = *folder / name;
    if (!fs::exists(fs::symlink_status(file, error))) continue;
    (is_ours(file) ? found.files : found.foreign).push_back(file);
  }
  for (const auto& wants : fs::directory_iterator(*folder, error)) {
    if (wants.path().extension() != ".wants") continue;
    for (const auto& link : fs::directory_iterator(wants.path(), error)) {
      const bool is_link = fs::is_symlink(link.symlink_status(error));
      const auto starts = [&link](const fs::path& file) { return starts_unit(link.path(), file); };
      if (is_link && std::any_of(found.files.begin(), found.files.end(), starts)) {
        found.links.push_back(link.path());
      }
    }
  }
  return found;
}

std::vector<std::vector<std::string>> stop_commands(const InstalledUnits& units) {
  std::vector<std::vector<std::string>> commands;
  // Last the hub, which the others talk to.
  for (auto file = units.files.rbegin(); file != units.files.rend(); ++file) {
    std::string unit = file->filename().string();
    if (const std::size_t at = unit.find("@."); at != std::string::npos) unit.insert(at + 1, "*");
    commands.push_back({"systemctl", "--user", "stop", unit});
  }
  return commands;
}

std::string shell_line(const std::vector<std::string>& words) {
  std::vector<std::string> quoted;
  quoted.reserve(words.size());
  for (const std::string& word : words) quoted.push_back(base::shell_quoted(word));
  return base::join(quoted, " ");
}

}  // namespace synapse::services
