// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/file_error.hpp"

#include <cerrno>
#include <system_error>

#include "base/text.hpp"

namespace synapse::base {

Error file_error(const std::filesystem::path& file, std::string_view what, int number) {
  const ErrorCode code = number == ENOENT   ? ErrorCode::not_found
                         : number == ENOSPC ? ErrorCode::disk_full
                                            : ErrorCode::io_error;
  return fail(code, quoted_path(file) + " " + std::string(what) + ": " +
                        std::generic_category().message(number));
}

std::string quoted_path(const std::filesystem::path& file) {
  return "'" + escape_control(file.string(), LineBreaks::escape) + "'";
}

}  // namespace synapse::base
