// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/process_tree.hpp"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

#include "base/process.hpp"

namespace synapse::base {

namespace {

bool has_process_ended(int descriptor) {
  pollfd event{descriptor, POLLIN, 0};
  return poll(&event, 1, 0) != 0;
}

void signal_process(int descriptor, int number) {
  static_cast<void>(syscall(SYS_pidfd_send_signal, descriptor, number, nullptr, 0));
}

// proc(5), stat: the number, the name in brackets (which may hold anything), the state, the parent.
pid_t parent_by(const std::filesystem::path& folder) {
  std::ifstream file(folder / "stat");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const std::size_t name_end = text.rfind(") ");
  if (name_end == std::string::npos || name_end + 4 >= text.size()) return 0;
  return static_cast<pid_t>(std::strtol(text.c_str() + name_end + 4, nullptr, 10));
}

std::multimap<pid_t, pid_t> children_of_all() {
  std::multimap<pid_t, pid_t> children;
  std::error_code error;
  for (std::filesystem::directory_iterator at("/proc", error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    children.emplace(parent_by(at->path()),
                     static_cast<pid_t>(std::strtol(name.c_str(), nullptr, 10)));
  }
  return children;
}

}  // namespace

void ProcessTree::look() {
  const std::multimap<pid_t, pid_t> children = children_of_all();
  std::vector<pid_t> open{root_};
  for (const auto& [pid, handle] : seen_) {
    if (!has_process_ended(handle.number())) open.push_back(pid);
  }
  while (!open.empty()) {
    const pid_t pid = open.back();
    open.pop_back();
    if (!seen_.contains(pid)) {
      Descriptor handle = open_process(pid);
      if (!handle.is_open()) continue;
      seen_.emplace(pid, std::move(handle));
    }
    const auto [first, last] = children.equal_range(pid);
    for (auto child = first; child != last; ++child) {
      if (!seen_.contains(child->second)) open.push_back(child->second);
    }
  }
}

void ProcessTree::send_signal(int number) {
  // Twice, for what was started while the first ones were told.
  for (int pass = 0; pass < 2; ++pass) {
    const std::size_t before = seen_.size();
    look();
    if (pass == 1 && seen_.size() == before) return;
    for (const auto& [pid, handle] : seen_) {
      signal_process(handle.number(), number);
      signal_process(handle.number(), SIGCONT);
    }
  }
}

bool ProcessTree::is_any_left() {
  std::erase_if(seen_, [](const auto& one) { return has_process_ended(one.second.number()); });
  return !seen_.empty();
}

}  // namespace synapse::base
