// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/token.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "base/text.hpp"
#include "cli/descriptor.hpp"

namespace synapse::cli {

namespace {

constexpr std::size_t token_bytes_max = 4096;

Error bad_file(const char* option, const std::string& why) {
  return fail(ErrorCode::bad_argument, std::string(option) + ": " + why);
}

Error cannot_read(const char* option, const std::string& path, int error) {
  return bad_file(option, "cannot read " + path + ": " + std::generic_category().message(error));
}

Result<std::string> read_token_file(const char* option, const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  // Of the open file, not of the path: that could be another one by then.
  if (file.number() < 0 || fstat(file.number(), &status) != 0)
    return cannot_read(option, path, errno);
  constexpr mode_t of_others = S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH;
  if ((status.st_mode & of_others) != 0) {
    return bad_file(option,
                    path + " can be read or written by others than its owner; chmod 600 it");
  }
  std::string content;
  std::array<char, 512> chunk{};
  for (;;) {
    const ssize_t got = read(file.number(), chunk.data(), chunk.size());
    if (got < 0) return cannot_read(option, path, errno);
    if (got == 0) break;
    content.append(chunk.data(), static_cast<std::size_t>(got));
    if (content.size() > token_bytes_max) {
      return bad_file(option, path + " is too long for a token");
    }
  }
  std::string token = base::trimmed(content);
  if (token.empty()) return bad_file(option, path + " is empty");
  return token;
}

}  // namespace

void add_token_options(OptionSet& set, TokenOptions& options) {
  set.text({"--token", "TOKEN",
            "shared secret of a secured hub; other users can see it in the list of processes, so "
            "prefer a file or $SYNAPSE_TOKEN"},
           options.token);
  set.text({"--token-file", "FILE", "file with the token, readable by its owner only"},
           options.file);
}

Result<std::string> find_token(const Context& context, const TokenOptions& options,
                               const TokenNames& names) {
  if (options.token) return base::trimmed(*options.token);
  if (options.file) return read_token_file(names.file, *options.file);
  return base::trimmed(context.environment.get(names.variable).value_or(""));
}

}  // namespace synapse::cli
