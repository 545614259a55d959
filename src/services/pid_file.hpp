// SPDX-License-Identifier: AGPL-3.0-or-later
// A file that says which process does something that one process at a time shall do: listen for an
// identity. Any number of shells may try to start it at the same moment; one of them wins.
//
// The lock on the file decides, not what it says: it goes with its process, however that ends. What
// it says is for shells, which can read a line and not ask for a lock: the process, and the process
// that it listens for.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "base/descriptor.hpp"
#include "base/environment.hpp"
#include "base/error.hpp"

namespace synapse::services {

class PidFile {
 public:
  enum class IfHeld { leave, replace };

  // Takes the file for this process, which works for `owner` (0: for nobody). Held by another:
  // nothing, or, to replace it, that process is told to end and given five seconds. Errors: the
  // file or its folder can't be had, or belongs to somebody else.
  [[nodiscard]] static Result<std::optional<PidFile>> claim(const std::filesystem::path& file,
                                                            pid_t owner, IfHeld if_held);
  ~PidFile();  // Removes it.
  PidFile(PidFile&& other) noexcept = default;
  PidFile& operator=(PidFile&&) = delete;

 private:
  PidFile(std::filesystem::path file, base::Descriptor descriptor)
      : file_(std::move(file)), descriptor_(std::move(descriptor)) {}

  std::filesystem::path file_;
  base::Descriptor descriptor_;  // Closed in one that has been moved from.
};

// Makes a folder for this user alone, unless it is there; refuses one of somebody else's.
[[nodiscard]] Result<> make_private_folder(const std::filesystem::path& folder);

// $XDG_RUNTIME_DIR/NAME, or a folder of this user's in /tmp where there is none.
[[nodiscard]] std::filesystem::path runtime_folder(const base::Environment& environment,
                                                   const std::string& name);

// Which file says who listens for the identity. The shell hooks compute the same path.
[[nodiscard]] std::filesystem::path listener_file(const base::Environment& environment,
                                                  const std::string& identity);

}  // namespace synapse::services
