// SPDX-License-Identifier: AGPL-3.0-or-later
#include "git/path_word.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/control.hpp"
#include "base/strings.hpp"
#include "base/utf8.hpp"

namespace synapse::git {

namespace {

namespace fs = std::filesystem;

using Words = std::vector<std::string>;

constexpr auto npos = std::string_view::npos;
// Past these a choice in braces stays as it is written, and the hub takes it for whatever it could
// mean.
constexpr std::size_t choices_max = 64;
constexpr std::size_t word_bytes_max = 4096;

Error no_path(const std::string& word, const std::string& why) {
  return fail(ErrorCode::bad_argument, base::escape_control(word, base::LineBreaks::escape) + why);
}

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t digits_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_digit(text[end])) ++end;
  return end - at;
}

// `12`, `12-40`, `12:5`.
bool is_line_number(std::string_view text) {
  const std::size_t first = digits_at(text, 0);
  if (first == 0 || first == text.size()) return first != 0;
  if (text[first] != '-' && text[first] != ':') return false;
  const std::size_t second = digits_at(text, first + 1);
  return second != 0 && first + 1 + second == text.size();
}

// `L12`, `L12-L40`, `L12-40`.
bool is_line_anchor(std::string_view text) {
  if (!text.starts_with('L')) return false;
  std::string plain(text.substr(1));
  if (const std::size_t second = plain.find("-L"); second != std::string::npos) {
    plain.erase(second + 1, 1);
  }
  return is_line_number(plain);
}

// Without the line numbers that editors, compilers and models put behind a file's name.
std::string without_lines(const std::string& word) {
  for (std::size_t at = word.find(':'); at != std::string::npos; at = word.find(':', at + 1)) {
    if (at > 0 && is_line_number(std::string_view(word).substr(at + 1))) return word.substr(0, at);
  }
  const std::size_t anchor = word.rfind('#');
  if (anchor != std::string::npos && anchor > 0 &&
      is_line_anchor(std::string_view(word).substr(anchor + 1))) {
    return word.substr(0, anchor);
  }
  return word;
}

// `@a.py` mentions a.py. But packages have names like `@scope/x`: where that folder is there, it is
// meant.
std::string without_mention(const std::string& word, const fs::path& folder) {
  if (word.size() < 2 || word.front() != '@') return word;
  const std::string first = word.substr(0, word.find('/'));
  return first != word && is_there(folder / first) ? word : word.substr(1);
}

std::optional<std::string> percent_decoded(std::string_view text) {
  const auto value = [](char c) {
    if (is_digit(c)) return c - '0';
    const int lower = std::tolower(static_cast<unsigned char>(c));
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  };
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    if (i + 2 >= text.size() || value(text[i + 1]) < 0 || value(text[i + 2]) < 0) {
      return std::nullopt;
    }
    const char byte = static_cast<char>(value(text[i + 1]) * 16 + value(text[i + 2]));
    if (byte == '\0') return std::nullopt;
    plain += byte;
    i += 2;
  }
  return plain;
}

// RFC 8089. The part behind `#` tells of a place in the file.
Result<std::string> path_of_uri(const std::string& word) {
  std::string_view rest = std::string_view(word).substr(sizeof("file:") - 1);
  rest = rest.substr(0, rest.find('#'));
  if (rest.starts_with("//")) {
    rest.remove_prefix(2);
    const std::string_view host = rest.substr(0, rest.find('/'));
    if (!host.empty() && host != "localhost") {
      return no_path(word, " is a file of another machine");
    }
    rest.remove_prefix(host.size());
  }
  const std::optional<std::string> path = percent_decoded(rest);
  if (!path || !path->starts_with('/')) return no_path(word, " is no URI of a file");
  return *path;
}

Result<std::string> in_home(const std::string& word, const base::Environment& environment) {
  if (word.size() > 1 && word[1] != '/') {
    return no_path(word, " is another user's home: write its path; a file of that name is ./" +
                             base::escape_control(word, base::LineBreaks::escape));
  }
  const std::string home = environment.get("HOME").value_or("");
  if (home.empty()) return no_path(word, ": $HOME is not set");
  return home + word.substr(1);
}

struct Choice {
  std::size_t begin = 0;  // Of the opening brace.
  std::size_t end = 0;    // Behind the closing one.
  Words parts;
};

std::optional<Choice> choice_at(const std::string& text, std::size_t begin) {
  Choice choice{begin, 0, {""}};
  std::size_t depth = 0;
  for (std::size_t i = begin; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '{' && depth++ == 0) continue;
    if (c == '}' && --depth == 0) {
      choice.end = i + 1;
      return choice.parts.size() > 1 ? std::optional(std::move(choice)) : std::nullopt;
    }
    if (c == ',' && depth == 1) {
      choice.parts.emplace_back();
    } else {
      choice.parts.back() += c;
    }
  }
  return std::nullopt;
}

// As shells do it. False: there are too many.
bool expand_choices(const std::string& text, Words& into) {
  for (std::size_t at = text.find('{'); at != std::string::npos; at = text.find('{', at + 1)) {
    const std::optional<Choice> choice = choice_at(text, at);
    if (!choice) continue;
    const std::string before = text.substr(0, choice->begin);
    const std::string after = text.substr(choice->end);
    return std::all_of(choice->parts.begin(), choice->parts.end(), [&](const std::string& part) {
      return expand_choices(before + part + after, into);
    });
  }
  into.push_back(text);
  return into.size() <= choices_max;
}

}  // namespace

Result<Words> read_path_word(const std::string& given, const fs::path& folder,
                             const base::Environment& environment) {
  if (!base::is_valid_utf8(given)) {
    return no_path(given, " is not UTF-8; claim its folder instead");
  }
  if (base::trim(given).empty()) {
    return no_path(given, " names no file; leave it out to claim the whole work tree");
  }
  if (given.size() > word_bytes_max)
    return no_path(given.substr(0, 40), "… is too long for a path");
  if (is_there(folder / given)) return Words{given};
  if (given.starts_with("file:/")) {
    Result<std::string> path = path_of_uri(given);
    if (!path) return path.error();
    if (!base::is_valid_utf8(*path)) return no_path(given, " is not UTF-8");
    return Words{*std::move(path)};
  }
  if (given.starts_with('!')) {
    return no_path(given,
                   ": a claim can't leave files out; name what will be changed (a file of "
                   "that name is ./" +
                       base::escape_control(given, base::LineBreaks::escape) + ")");
  }
  std::string word = without_mention(without_lines(given), folder);
  if (word.starts_with('~') && !is_there(folder / word)) {
    Result<std::string> path = in_home(word, environment);
    if (!path) return path.error();
    word = *std::move(path);
  }
  Words all;
  if (word.find('\\') != std::string::npos || !expand_choices(word, all)) return Words{word};
  return all;
}

}  // namespace synapse::git
