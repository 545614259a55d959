// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/args/option_set.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <utility>

#include "base/control.hpp"
#include "base/strings.hpp"
#include "cli/args/help_text.hpp"
#include "cli/args/nearest.hpp"

namespace synapse::cli {

struct OptionSet::Entry {
  std::string flag;
  std::string value_name;  // Blank: a flag.
  std::string help;
  std::string default_text;
  std::string heading;  // Blank: an argument.
  std::vector<std::string> words;
  bool is_optional = false;
  Setter setter;
  CLI::Option* option = nullptr;
};

struct OptionSet::Parser {
  CLI::App app;
};

namespace {

std::string to_text(double number) {
  std::string text(32, '\0');
  const int length = std::snprintf(text.data(), text.size(), "%.12g", number);
  text.resize(static_cast<std::size_t>(length));
  return text;
}

template <class Number>
std::optional<Number> parse_all(std::string_view text) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

Error bad_value(std::string_view flag, std::string_view given, const std::string& wanted) {
  return fail(ErrorCode::bad_argument, std::string(flag) + ": '" +
                                           base::escape_control(given, base::LineBreaks::escape) +
                                           "' is not " + wanted);
}

Result<> parse_number(const std::string& flag, const std::string& given, NumberRange range,
                      double& value) {
  const std::optional<double> number = parse_all<double>(given);
  if (!number || !std::isfinite(*number) || *number < range.min || *number > range.max) {
    return bad_value(flag, given,
                     "a number from " + to_text(range.min) + " to " + to_text(range.max));
  }
  value = *number;
  return {};
}

// Sets the value to the index of the given word.
std::function<Result<>(const std::string&)> choose(std::string_view flag, std::size_t& value,
                                                   std::vector<std::string> words) {
  return [flag = std::string(flag), words = std::move(words),
          &value](const std::string& given) -> Result<> {
    const auto same = [&given](const std::string& word) {
      return base::to_lower(word) == base::to_lower(given);
    };
    const auto found = std::find_if(words.begin(), words.end(), same);
    if (found == words.end()) {
      return bad_value(flag, given, "one of " + base::join(words, ", "));
    }
    value = static_cast<std::size_t>(std::distance(words.begin(), found));
    return {};
  };
}

}  // namespace

OptionSet::OptionSet(std::string command, std::string_view summary)
    : command_(std::move(command)), summary_(summary), parser_(std::make_unique<Parser>()) {
  parser_->app.allow_extras();  // They are reported here, with a suggestion.
}

OptionSet::~OptionSet() = default;

OptionSet::Entry& OptionSet::add(const Label& label, std::string default_text, Setter setter) {
  auto entry = std::make_unique<Entry>();
  entry->flag = label.flag;
  entry->value_name = label.value;
  entry->help = label.help;
  entry->default_text = std::move(default_text);
  entry->heading = heading_;
  entry->setter = std::move(setter);
  entry->option = parser_->app.add_option(entry->flag);
  entry->option->type_name(entry->value_name);
  // All are kept, whatever the kind: a single value's setter runs for each, and the last one stays.
  entry->option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  entries_.push_back(std::move(entry));
  return *entries_.back();
}

void OptionSet::flag(std::string_view flag, bool& value, std::string_view help) {
  auto entry = std::make_unique<Entry>();
  entry->flag = flag;
  entry->help = help;
  entry->heading = heading_;
  entry->setter = [&value](const std::string& given) -> Result<> {
    value = given != "false";
    return {};
  };
  entry->option = parser_->app.add_flag(entry->flag);
  entry->option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  entries_.push_back(std::move(entry));
}

void OptionSet::text(const Label& label, std::string& value) {
  add(label, value, [&value](const std::string& given) -> Result<> {
    value = given;
    return {};
  });
}

void OptionSet::text(const Label& label, std::optional<std::string>& value) {
  add(label, "", [&value](const std::string& given) -> Result<> {
    value = given;
    return {};
  });
}

void OptionSet::list(const Label& label, std::vector<std::string>& values) {
  add(label, "", [&values](const std::string& given) -> Result<> {
    values.push_back(given);
    return {};
  });
}

void OptionSet::number(const Label& label, double& value, NumberRange range) {
  add(label, to_text(value),
      [flag = std::string(label.flag), range, &value](const std::string& given) {
        return parse_number(flag, given, range, value);
      });
}

void OptionSet::number(const Label& label, std::optional<double>& value, NumberRange range) {
  add(label, "", [flag = std::string(label.flag), range, &value](const std::string& given) {
    return parse_number(flag, given, range, value.emplace());
  });
}

void OptionSet::add_integer(const Label& label, std::string default_text, IntegerRange range,
                            std::function<void(std::int64_t)> store) {
  add(label, std::move(default_text),
      [flag = std::string(label.flag), range,
       store = std::move(store)](const std::string& given) -> Result<> {
        const std::optional<std::int64_t> number = parse_all<std::int64_t>(given);
        if (!number || *number < range.min || *number > range.max) {
          return bad_value(flag, given,
                           "a whole number from " + std::to_string(range.min) + " to " +
                               std::to_string(range.max));
        }
        store(*number);
        return {};
      });
}

void OptionSet::choice(const Label& label, std::size_t& value, std::vector<std::string> words) {
  Entry& entry = add(label, words[value], choose(label.flag, value, words));
  entry.words = std::move(words);
}

void OptionSet::choice_argument(std::string_view name, std::size_t& value,
                                std::vector<std::string> words, std::string_view help) {
  Entry& entry = add({name, name, help}, "", choose(name, value, words));
  entry.words = std::move(words);
  entry.heading.clear();
  entry.option->required();
}

void OptionSet::argument(std::string_view name, std::string& value, std::string_view help) {
  Entry& entry = add({name, name, help}, "", [&value](const std::string& given) -> Result<> {
    value = given;
    return {};
  });
  entry.heading.clear();
  entry.option->required();
}

void OptionSet::argument(std::string_view name, std::optional<std::string>& value,
                         std::string_view help) {
  Entry& entry = add({name, name, help}, "", [&value](const std::string& given) -> Result<> {
    value = given;
    return {};
  });
  entry.heading.clear();
  entry.is_optional = true;
}

void OptionSet::command_line(std::string_view name, std::vector<std::string>& words,
                             std::string_view help) {
  auto entry = std::make_unique<Entry>();
  entry->flag = "-- " + std::string(name);
  entry->value_name = name;
  entry->help = help;
  entries_.push_back(std::move(entry));
  line_name_ = name;
  line_ = &words;
}

void OptionSet::optional_command_line(std::string_view name, std::vector<std::string>& words,
                                      std::string_view help) {
  command_line(name, words, help);
  line_is_optional_ = true;
}

void OptionSet::exclusive(std::string_view flag, std::string_view other) {
  parser_->app.get_option(std::string(flag))->excludes(parser_->app.get_option(std::string(other)));
}

void OptionSet::heading(std::string_view title) { heading_ = title; }

void OptionSet::example(std::string_view line) { examples_.emplace_back(line); }

Result<OptionSet::Outcome> OptionSet::parse(std::span<const std::string> words) {
  if (line_ != nullptr) {
    const std::size_t begin = line_begin(words);
    const Result<> taken = take_line(words.subspan(begin));
    if (!taken) return taken.error();
    words = words.first(begin);
  }
  std::vector<std::string> reversed(words.rbegin(), words.rend());
  try {
    parser_->app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    return Outcome::help_wanted;
  } catch (const CLI::ParseError& error) {
    // A misspelt option often shows first as something else that is missing.
    if (std::optional<Error> unknown = leftover()) return *std::move(unknown);
    const Entry* last = words.empty() ? nullptr : find(words.back());
    if (last != nullptr && !last->value_name.empty()) {
      return fail(ErrorCode::bad_argument, last->flag + " lacks its " + last->value_name);
    }
    return fail(ErrorCode::bad_argument, error.what());
  }
  if (std::optional<Error> unknown = leftover()) return *std::move(unknown);
  if (line_ != nullptr && line_->empty() && !line_is_optional_) {
    return fail(ErrorCode::bad_argument, "nothing to run: give " + line_name_ + " behind --");
  }
  if (Result<> applied = apply(); !applied) return applied.error();
  return Outcome::parsed;
}

std::size_t OptionSet::line_begin(std::span<const std::string> words) const {
  const auto mark = std::find(words.begin(), words.end(), "--");
  if (mark != words.end()) return static_cast<std::size_t>(mark - words.begin());
  const auto is_argument = [](const auto& entry) {
    return entry->option != nullptr && entry->heading.empty();
  };
  auto arguments = std::count_if(entries_.begin(), entries_.end(), is_argument);
  for (std::size_t at = 0; at < words.size(); ++at) {
    const std::string& word = words[at];
    if (word.starts_with('-')) {
      const Entry* option = find(word);
      if (option != nullptr && !option->value_name.empty()) ++at;
    } else if (arguments-- == 0) {
      return at;
    }
  }
  return words.size();
}

Result<> OptionSet::take_line(std::span<const std::string> line) {
  if (line.empty()) return {};
  const bool is_marked = line.front() == "--";
  if (is_marked) line = line.subspan(1);
  for (const std::string& word : line) {
    if (is_marked) break;
    // The original would read it as this command's, and most readers as the other program's.
    if (find(word.substr(0, word.find('='))) == nullptr) continue;
    const std::string program = base::escape_control(line.front(), base::LineBreaks::escape);
    return fail(ErrorCode::bad_argument, "is " + word.substr(0, word.find('=')) +
                                             " an option of this command, or of " + program +
                                             "? Put it before " + program + ", or -- before both");
  }
  line_->assign(line.begin(), line.end());
  return {};
}

const OptionSet::Entry* OptionSet::find(std::string_view flag) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [flag](const auto& entry) {
    return entry->option != nullptr && !entry->heading.empty() && entry->flag == flag;
  });
  return found == entries_.end() ? nullptr : found->get();
}

Result<> OptionSet::apply() const {
  for (const auto& entry : entries_) {
    if (entry->option == nullptr || entry->option->empty()) continue;
    for (const std::string& given : entry->option->results()) {
      if (Result<> set = entry->setter(given); !set) return set;
    }
  }
  return {};
}

std::optional<Error> OptionSet::leftover() const {
  for (const std::string& word : parser_->app.remaining()) {
    if (word == "--") continue;
    const std::string shown = "'" + base::escape_control(word, base::LineBreaks::escape) + "'";
    if (word.front() != '-') return fail(ErrorCode::bad_argument, "unexpected word " + shown);
    std::vector<std::string> flags;
    for (const auto& entry : entries_) {
      if (!entry->heading.empty()) flags.push_back(entry->flag);
    }
    const std::optional<std::string> meant = nearest(word.substr(0, word.find('=')), flags);
    return fail(ErrorCode::bad_argument,
                "unknown option " + shown + (meant ? "; did you mean " + *meant + "?" : ""));
  }
  return std::nullopt;
}

std::string OptionSet::usage() const {
  std::string line = "Usage: " + command_;
  std::string arguments;
  bool has_options = false;
  for (const auto& entry : entries_) {
    if (entry->heading.empty()) {
      arguments += entry->is_optional ? " [" + entry->flag + "]" : " " + entry->flag;
    }
    has_options = has_options || !entry->heading.empty();
  }
  if (has_options) line += " [OPTIONS]";
  return line + arguments + "\n";
}

std::vector<OptionInfo> OptionSet::options() const {
  std::vector<OptionInfo> all;
  for (const auto& entry : entries_) {
    std::string help = entry->help;
    if (!entry->default_text.empty()) help += " [" + entry->default_text + "]";
    all.push_back({entry->flag, entry->value_name, std::move(help), entry->heading, entry->words});
  }
  return all;
}

std::string OptionSet::help() const {
  std::string text = usage() + "\n" + wrapped(summary_, 0);
  std::vector<std::string> headings;
  for (const auto& entry : entries_) {
    if (std::find(headings.begin(), headings.end(), entry->heading) == headings.end()) {
      headings.push_back(entry->heading);
    }
  }
  std::stable_partition(headings.begin(), headings.end(),
                        [](const std::string& heading) { return heading.empty(); });
  for (const std::string& heading : headings) {
    text += "\n" + (heading.empty() ? "Arguments" : heading) + ":\n";
    for (const auto& entry : entries_) {
      if (entry->heading != heading) continue;
      const bool takes_value = !heading.empty() && !entry->value_name.empty();
      const std::string left = entry->flag + (takes_value ? " " + entry->value_name : "");
      const std::string& fallback = entry->default_text;
      text += two_columns(left, entry->help + (fallback.empty() ? "" : " [" + fallback + "]"));
    }
  }
  if (!examples_.empty()) text += "\nExamples:\n";
  for (const std::string& example : examples_) text += "  " + example + "\n";
  return text;
}

}  // namespace synapse::cli
