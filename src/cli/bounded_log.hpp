// SPDX-License-Identifier: AGPL-3.0-or-later
// A log file of a process that runs unattended for weeks: when it is full it starts over. It is its
// owner's alone, is emptied when it is opened, and goes with its writer if nothing was written.
#pragma once

#include <filesystem>
#include <memory>
#include <streambuf>

#include "base/error.hpp"
#include "cli/descriptor.hpp"

namespace synapse::cli {

inline constexpr std::size_t log_bytes_max = 1UL << 20U;

// For an ostream; unbuffered. What can't be written is lost and sets the stream's badbit.
class BoundedLog final : public std::streambuf {
 public:
  [[nodiscard]] static Result<std::unique_ptr<BoundedLog>> open(const std::filesystem::path& file);
  ~BoundedLog() override;
  BoundedLog(const BoundedLog&) = delete;
  BoundedLog& operator=(const BoundedLog&) = delete;

 private:
  BoundedLog(std::filesystem::path file, Descriptor descriptor);

  std::streamsize xsputn(const char* text, std::streamsize size) override;
  int_type overflow(int_type character) override;

  std::filesystem::path file_;
  Descriptor descriptor_;
  std::size_t written_ = 0;
};

}  // namespace synapse::cli
