// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/client/token.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <string_view>

#include "base/file.hpp"
#include "base/strings.hpp"

namespace synapse::cli {

namespace {

constexpr std::size_t token_bytes_max = 4096;
constexpr std::size_t book_bytes_max = std::size_t{4} << 20U;

Error unusable(std::string_view option, const std::string& why) {
  return fail(ErrorCode::bad_argument, std::string(option) + ": " + why);
}

// Without white space around it.
Result<std::string> read_secret_file(const std::string& path, std::string_view option,
                                     std::size_t bytes_max) {
  const base::Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  // Of the open file, not of the path: that could be another one by then.
  if (!file.is_open() || fstat(file.number(), &status) != 0) {
    return unusable(option, base::file_error(path, "can't be opened", errno).message);
  }
  constexpr mode_t of_others = S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH;
  if ((status.st_mode & of_others) != 0) {
    return unusable(option,
                    path + " can be read or written by others than its owner; chmod 600 it");
  }
  const Result<std::string> content = base::read_rest(file, path, bytes_max);
  if (!content) return unusable(option, content.error().message);
  std::string text = base::trimmed(*content);
  if (text.empty()) return unusable(option, path + " is empty");
  return text;
}

Result<std::string> find_secret(const Context& context, const TokenOptions& options,
                                std::string_view file_option, const std::string& variable) {
  if (options.token) return base::trimmed(*options.token);
  if (options.file) return read_token_file(*options.file, file_option);
  return base::trimmed(context.environment.get(variable).value_or(""));
}

}  // namespace

Result<std::string> read_token_file(const std::string& path, std::string_view option) {
  return read_secret_file(path, option, token_bytes_max);
}

Result<net::TokenBook> read_token_book(const std::optional<std::string>& path) {
  if (!path) return net::TokenBook();
  const Result<std::string> text = read_secret_file(*path, "--tokens", book_bytes_max);
  if (!text) return text.error();
  Result<net::TokenBook> book = net::TokenBook::parse(*text);
  if (!book) return unusable("--tokens", *path + ": " + book.error().message);
  return book;
}

void add_token_options(OptionSet& set, TokenOptions& options) {
  set.text({"--token", "TOKEN",
            "shared secret of a secured hub; other users can see it in the list of processes, so "
            "prefer a file or $SYNAPSE_TOKEN"},
           options.token);
  set.text({"--token-file", "FILE", "file with the token, readable by its owner only"},
           options.file);
}

void add_operator_options(OptionSet& set, TokenOptions& options, const char* what) {
  set.text({"--operator-token", "TOKEN",
            std::string(what) + "; prefer a file or $SYNAPSE_OPERATOR_TOKEN"},
           options.token);
  set.text({"--operator-token-file", "FILE", "file with it, readable by its owner only"},
           options.file);
}

Result<std::string> find_operator_token(const Context& context, const TokenOptions& options) {
  return find_secret(context, options, "--operator-token-file", "SYNAPSE_OPERATOR_TOKEN");
}

Result<std::string> find_token(const Context& context, const TokenOptions& options) {
  return find_secret(context, options, "--token-file", "SYNAPSE_TOKEN");
}

}  // namespace synapse::cli
