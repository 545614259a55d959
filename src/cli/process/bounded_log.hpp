// SPDX-License-Identifier: AGPL-3.0-or-later
// A log file of a process that runs unattended for weeks: when it is full it starts over. It is its
// user's alone and is emptied when it is opened. An empty one goes with its writer, and any other
// too unless it is to be kept: a listener that ends with its terminal leaves nothing behind.
#pragma once

#include <filesystem>
#include <memory>
#include <streambuf>

#include "base/descriptor.hpp"
#include "base/error.hpp"

namespace synapse::cli {

inline constexpr std::size_t log_bytes_max = 1UL << 20U;

// For an ostream; unbuffered. What can't be written is lost and sets the stream's badbit.
class BoundedLog final : public std::streambuf {
 public:
  enum class AtEnd { remove, keep };
  [[nodiscard]] static Result<std::unique_ptr<BoundedLog>> open(const std::filesystem::path& file,
                                                                AtEnd at_end);
  ~BoundedLog() override;
  BoundedLog(const BoundedLog&) = delete;
  BoundedLog& operator=(const BoundedLog&) = delete;

 private:
  BoundedLog(std::filesystem::path file, base::Descriptor descriptor, AtEnd at_end);

  std::streamsize xsputn(const char* text, std::streamsize size) override;
  int_type overflow(int_type character) override;

  std::filesystem::path file_;
  base::Descriptor descriptor_;
  AtEnd at_end_;
  std::size_t written_ = 0;
};

}  // namespace synapse::cli
