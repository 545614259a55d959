// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/addressing.hpp"

#include <algorithm>

#include "base/glob.hpp"
#include "base/strings.hpp"

namespace synapse::wire {

namespace {

template <class Predicate>
bool any_part(std::string_view target, Predicate meets) {
  for (;;) {
    const std::size_t comma = target.find(',');
    const std::string_view name = base::trim(target.substr(0, comma));
    if (!name.empty() && meets(name)) return true;
    if (comma == std::string_view::npos) return false;
    target.remove_prefix(comma + 1);
  }
}

}  // namespace

std::string_view project_of(std::string_view name) { return name.substr(0, name.find('/')); }

bool is_in(std::string_view name, std::string_view project) {
  if (!name.starts_with(project)) return false;
  return name.size() == project.size() || name[project.size()] == '/';
}

bool is_broadcast(std::string_view target) {
  const std::string_view trimmed = base::trim(target);
  return trimmed.empty() || trimmed == "all";
}

bool is_recipient(std::string_view target, std::string_view name) {
  return is_broadcast(target) || any_part(target, [name](std::string_view part) {
           return part == "all" || base::glob_match(part, name) ||
                  base::glob_match(part, project_of(name));
         });
}

bool is_for_any(std::string_view target, std::span<const std::string> names,
                std::string_view own_name) {
  if (names.empty()) return is_recipient(target, own_name);
  return std::any_of(names.begin(), names.end(),
                     [target](const std::string& name) { return is_recipient(target, name); });
}

bool is_directed(std::string_view target, std::string_view name) {
  return !is_broadcast(target) && any_part(target, [name](std::string_view part) {
    return part != "all" && base::glob_match(part, name);
  });
}

bool names_agent(std::string_view target, std::string_view name) {
  return !is_broadcast(target) &&
         any_part(target, [name](std::string_view part) { return part == name; });
}

bool addresses_project(std::string_view target, std::string_view project) {
  return is_broadcast(target) || any_part(target, [project](std::string_view part) {
           return part == "all" || part == project ||
                  (part.size() > project.size() && part[project.size()] == '/' &&
                   part.substr(0, project.size()) == project);
         });
}

bool is_group(std::string_view target) {
  return is_broadcast(target) || target.find_first_of(",*?[") != std::string_view::npos;
}

bool wakes(std::string_view target, std::string_view sender, bool priority, std::string_view name,
           WakeOn on) {
  if (on == WakeOn::any) return is_recipient(target, name);
  return is_directed(target, name) || (is_recipient(target, name) && (priority || sender == "CEO"));
}

}  // namespace synapse::wire
