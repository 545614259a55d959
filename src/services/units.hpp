// SPDX-License-Identifier: AGPL-3.0-or-later
// The hub, the presence of a project and the listener of an identity as services of one user, kept
// running by that user's systemd. Used by init and doctor.
//
// Presence and listener are templates: the instance is the project or the identity, so one file
// serves any number of them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.hpp"
#include "base/error.hpp"

namespace synapse::services {

// A string as the instance part of a unit's name: what `systemd-escape` prints for it.
[[nodiscard]] std::string escape_instance(std::string_view text);
// synapse-arm@shop-claude\x2d1.service. Error: longer than systemd takes.
[[nodiscard]] Result<std::string> instance_name(std::string_view unit, std::string_view instance);

struct Unit {
  std::string file_name;
  std::string text;
};
// All three, running this program. Error: its path is not absolute, or has control characters.
[[nodiscard]] Result<std::vector<Unit>> user_units(const std::filesystem::path& program);

// One of them by its file's name, as a package installs it. Error: there is none of that name.
[[nodiscard]] Result<std::string> unit_text(std::string_view file_name,
                                            const std::filesystem::path& program);

struct Installed {
  std::vector<std::filesystem::path> folders;  // That are there now.
  std::vector<std::filesystem::path> files;    // That were written.
};
// Writes the units where the user's systemd looks for them, over those that are there, and makes
// the folder that the hub keeps its log in. Each file is written whole or not at all.
[[nodiscard]] Result<Installed> install_units(const base::Environment& environment,
                                              const std::filesystem::path& program);

// The commands that make systemd run them for this project and this identity, in order.
[[nodiscard]] Result<std::vector<std::vector<std::string>>> start_commands(
    const std::string& project, const std::string& identity);

// What `init` has put there, found before anything is taken away.
struct InstalledUnits {
  std::vector<std::filesystem::path> files;    // Ours, by the line that says so.
  std::vector<std::filesystem::path> foreign;  // Of the same names, and not ours.
  std::vector<std::filesystem::path> links;    // By which systemd starts our units.
};
[[nodiscard]] Result<InstalledUnits> find_units(const base::Environment& environment);
// The commands that end what runs of these units.
[[nodiscard]] std::vector<std::vector<std::string>> stop_commands(const InstalledUnits& units);

// A word as every POSIX shell reads it back: in single quotes if it needs them.
[[nodiscard]] std::string shell_line(const std::vector<std::string>& words);

}  // namespace synapse::services
