// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/args/option_set.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <map>
#include <utility>

#include "base/control.hpp"
#include "base/strings.hpp"
#include "cli/args/help_text.hpp"
#include "cli/args/nearest.hpp"

namespace synapse::cli {

struct OptionSet::Parser {
  CLI::App app;
  // All that the value of a choice can be.
  std::map<const CLI::Option*, std::vector<std::string>> words;

  using Store = std::function<void(const std::string&)>;

  // Of several values the last one counts, so that a wrapper's option can be overridden behind it.
  CLI::Option& add(const Label& label, std::string default_text, Store store) {
    CLI::Option* option =
        app.add_option(std::string(label.flag), [store](const CLI::results_t& given) {
          for (const std::string& one : given) store(one);
          return true;
        });
    option->description(std::string(label.help));
    option->type_name(std::string(label.value));
    option->default_str(std::move(default_text));
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    return *option;
  }
  // Nothing for a word that is no option of this command.
  [[nodiscard]] const CLI::Option* find(const std::string& flag) const {
    if (!flag.starts_with('-')) return nullptr;
    const CLI::Option* option = app.get_option_no_throw(flag);
    return option == app.get_help_ptr() ? nullptr : option;
  }
  [[nodiscard]] bool takes_value(const std::string& word) const {
    const CLI::Option* option = find(word);
    return option != nullptr && option->get_expected_max() > 0;
  }
  CLI::Option& add_argument(std::string_view name, std::string_view help, Store store) {
    return add({name, name, help}, "", std::move(store));
  }
};

namespace {

bool is_repeatable(const CLI::Option& option) { return option.get_expected_max() > 1; }

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

std::string in_quotes(std::string_view word) {
  return "'" + base::escape_control(word, base::LineBreaks::escape) + "'";
}

// CLI11 writes "FLAG: " before what this says.
CLI::Validator checked(std::function<bool(std::string_view)> is_right, std::string wanted) {
  return CLI::Validator(
      [is_right = std::move(is_right), wanted = std::move(wanted)](std::string& given) {
        return is_right(given) ? std::string() : in_quotes(given) + " is not " + wanted;
      },
      "");
}

CLI::Validator in_range(NumberRange range) {
  return checked(
      [range](std::string_view given) {
        const std::optional<double> number = parse_all<double>(given);
        return number && std::isfinite(*number) && *number >= range.min && *number <= range.max;
      },
      "a number from " + to_text(range.min) + " to " + to_text(range.max));
}

CLI::Validator in_range(IntegerRange range) {
  return checked(
      [range](std::string_view given) {
        const std::optional<std::int64_t> number = parse_all<std::int64_t>(given);
        return number && *number >= range.min && *number <= range.max;
      },
      "a whole number from " + std::to_string(range.min) + " to " + std::to_string(range.max));
}

// Where the word stands, in any letter case; words.size(): nowhere.
std::size_t index_of(std::string_view given, const std::vector<std::string>& words) {
  const auto same = [given](const std::string& word) {
    return base::to_lower(word) == base::to_lower(given);
  };
  return static_cast<std::size_t>(std::find_if(words.begin(), words.end(), same) - words.begin());
}

CLI::Validator one_of(const std::vector<std::string>& words) {
  // A blank one is the default, which nobody says.
  std::vector<std::string> said;
  std::copy_if(words.begin(), words.end(), std::back_inserter(said),
               [](const std::string& word) { return !word.empty(); });
  return checked([words](std::string_view given) { return index_of(given, words) < words.size(); },
                 "one of " + base::join(said, ", "));
}

// CLI11's own --help is no row of ours.
bool is_shown(const CLI::Option& option, const CLI::App& app) {
  return &option != app.get_help_ptr();
}

}  // namespace

OptionSet::OptionSet(std::string command, std::string_view summary)
    : command_(std::move(command)), summary_(summary), parser_(std::make_unique<Parser>()) {
  parser_->app.allow_extras();  // They are reported here, with a suggestion.
  heading("Options");
}

OptionSet::~OptionSet() = default;

void OptionSet::flag(std::string_view flag, bool& value, std::string_view help) {
  parser_->app.add_flag(std::string(flag), value, std::string(help));
}

void OptionSet::text(const Label& label, std::string& value) {
  parser_->add(label, value, [&value](const std::string& given) { value = given; });
}

void OptionSet::text(const Label& label, std::optional<std::string>& value) {
  parser_->add(label, "", [&value](const std::string& given) { value = given; });
}

void OptionSet::list(const Label& label, std::vector<std::string>& values) {
  parser_->add(label, "", [&values](const std::string& given) { values.push_back(given); })
      .multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void OptionSet::number(const Label& label, double& value, NumberRange range) {
  parser_
      ->add(label, to_text(value),
            [&value](const std::string& given) { value = *parse_all<double>(given); })
      .check(in_range(range));
}

void OptionSet::number(const Label& label, std::optional<double>& value, NumberRange range) {
  parser_->add(label, "", [&value](const std::string& given) { value = *parse_all<double>(given); })
      .check(in_range(range));
}

void OptionSet::add_integer(const Label& label, std::string default_text, IntegerRange range,
                            std::function<void(std::int64_t)> store) {
  parser_
      ->add(label, std::move(default_text),
            [store = std::move(store)](const std::string& given) {
              store(*parse_all<std::int64_t>(given));
            })
      .check(in_range(range));
}

void OptionSet::choice(const Label& label, std::size_t& value, std::vector<std::string> words) {
  CLI::Option& option =
      parser_->add(label, words[value],
                   [&value, words](const std::string& given) { value = index_of(given, words); });
  option.check(one_of(words));
  parser_->words[&option] = std::move(words);
}

void OptionSet::choice(const Label& label, std::optional<std::string>& value,
                       std::vector<std::string> words) {
  CLI::Option& option = parser_->add(label, "", [&value, words](const std::string& given) {
    value = words[index_of(given, words)];
  });
  option.check(one_of(words));
  parser_->words[&option] = std::move(words);
}

void OptionSet::choice_argument(std::string_view name, std::optional<std::string>& value,
                                std::vector<std::string> words, std::string_view help) {
  choice(Label{name, name, help}, value, std::move(words));
}

void OptionSet::choice_argument(std::string_view name, std::size_t& value,
                                std::vector<std::string> words, std::string_view help) {
  CLI::Option& option = parser_->add_argument(
      name, help, [&value, words](const std::string& given) { value = index_of(given, words); });
  option.check(one_of(words));
  option.required();
  parser_->words[&option] = std::move(words);
}

void OptionSet::argument(std::string_view name, std::string& value, std::string_view help) {
  parser_->add_argument(name, help, [&value](const std::string& given) { value = given; })
      .required();
}

void OptionSet::argument(std::string_view name, std::optional<std::string>& value,
                         std::string_view help) {
  parser_->add_argument(name, help, [&value](const std::string& given) { value = given; });
}

void OptionSet::arguments(std::string_view name, std::vector<std::string>& values,
                          std::string_view help) {
  CLI::Option& option = parser_->add_argument(
      name, help, [&values](const std::string& given) { values.push_back(given); });
  option.multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  option.expected(1, CLI::detail::expected_max_vector_size);
  option.allow_extra_args();  // CLI11 2.1 gives it one word without that.
  option.required();
}

void OptionSet::command_line(std::string_view name, std::vector<std::string>& words,
                             std::string_view help) {
  line_name_ = name;
  line_help_ = help;
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

void OptionSet::heading(std::string_view title) {
  parser_->app.option_defaults()->group(std::string(title));
}

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
  } catch (const CLI::ParseError& error) {
    if (parser_->app.get_help_ptr()->count() > 0) return Outcome::help_wanted;
    return usage_error(words, error.what());
  }
  if (std::optional<Error> unknown = leftover()) return *std::move(unknown);
  if (line_ != nullptr && line_->empty() && !line_is_optional_) {
    return fail(ErrorCode::bad_argument, "nothing to run: give " + line_name_ + " behind --");
  }
  return Outcome::parsed;
}

std::size_t OptionSet::line_begin(std::span<const std::string> words) const {
  const auto mark = std::find(words.begin(), words.end(), "--");
  if (mark != words.end()) return static_cast<std::size_t>(mark - words.begin());
  const auto options = parser_->app.get_options();
  auto arguments = std::count_if(options.begin(), options.end(), [](const CLI::Option* option) {
    return option->get_positional();
  });
  for (std::size_t at = 0; at < words.size(); ++at) {
    const std::string& word = words[at];
    if (word.starts_with('-')) {
      if (parser_->takes_value(word)) ++at;
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
    if (parser_->find(word.substr(0, word.find('='))) == nullptr) continue;
    const std::string program = base::escape_control(line.front(), base::LineBreaks::escape);
    return fail(ErrorCode::bad_argument, "is " + word.substr(0, word.find('=')) +
                                             " an option of this command, or of " + program +
                                             "? Put it before " + program + ", or -- before both");
  }
  line_->assign(line.begin(), line.end());
  return {};
}

Error OptionSet::usage_error(std::span<const std::string> words, std::string_view said) const {
  // A misspelt option often shows first as something else that is missing.
  if (std::optional<Error> unknown = leftover()) return *std::move(unknown);
  if (!words.empty() && parser_->takes_value(words.back())) {
    const std::string value = parser_->find(words.back())->get_type_name();
    return fail(ErrorCode::bad_argument, words.back() + " lacks its " + value);
  }
  return fail(ErrorCode::bad_argument, std::string(said));
}

std::optional<Error> OptionSet::leftover() const {
  for (const std::string& word : parser_->app.remaining()) {
    if (word == "--") continue;
    if (word.front() != '-') {
      return fail(ErrorCode::bad_argument, "unexpected word " + in_quotes(word));
    }
    std::vector<std::string> flags;
    for (const OptionInfo& option : options()) {
      if (!option.heading.empty()) flags.push_back(option.flag);
    }
    const std::optional<std::string> meant = nearest(word.substr(0, word.find('=')), flags);
    return fail(ErrorCode::bad_argument, "unknown option " + in_quotes(word) +
                                             (meant ? "; did you mean " + *meant + "?" : ""));
  }
  return std::nullopt;
}

std::string OptionSet::usage() const {
  std::string line = "Usage: " + command_;
  std::string arguments;
  bool has_options = false;
  for (const CLI::Option* option : parser_->app.get_options()) {
    if (!is_shown(*option, parser_->app)) continue;
    if (!option->get_positional()) {
      has_options = true;
    } else {
      std::string name = option->get_name(true);
      if (is_repeatable(*option)) name += "...";
      arguments += option->get_required() ? " " + name : " [" + name + "]";
    }
  }
  if (line_ != nullptr) arguments += " -- " + line_name_;
  if (has_options) line += " [OPTIONS]";
  return line + arguments + "\n";
}

std::vector<OptionInfo> OptionSet::options() const {
  std::vector<OptionInfo> all;
  for (const CLI::Option* option : parser_->app.get_options()) {
    if (!is_shown(*option, parser_->app)) continue;
    const bool is_argument = option->get_positional();
    const std::string& fallback = option->get_default_str();
    const auto words = parser_->words.find(option);
    const bool takes_value = option->get_expected_max() > 0;
    all.push_back({option->get_name(is_argument), takes_value ? option->get_type_name() : "",
                   option->get_description() + (fallback.empty() ? "" : " [" + fallback + "]"),
                   is_argument ? "" : option->get_group(),
                   words == parser_->words.end() ? std::vector<std::string>() : words->second,
                   is_argument && is_repeatable(*option)});
  }
  if (line_ != nullptr) all.push_back({"-- " + line_name_, line_name_, line_help_, "", {}, false});
  return all;
}

std::string OptionSet::help() const {
  std::string text = usage() + "\n" + wrapped(summary_, 0);
  const std::vector<OptionInfo> all = options();
  std::vector<std::string> headings;
  for (const OptionInfo& option : all) {
    if (std::find(headings.begin(), headings.end(), option.heading) == headings.end()) {
      headings.push_back(option.heading);
    }
  }
  std::stable_partition(headings.begin(), headings.end(),
                        [](const std::string& heading) { return heading.empty(); });
  for (const std::string& heading : headings) {
    text += "\n" + (heading.empty() ? "Arguments" : heading) + ":\n";
    for (const OptionInfo& option : all) {
      if (option.heading != heading) continue;
      const bool takes_value = !heading.empty() && !option.value_name.empty();
      text += two_columns(option.flag + (takes_value ? " " + option.value_name : ""), option.help);
    }
  }
  if (!examples_.empty()) text += "\nExamples:\n";
  for (const std::string& example : examples_) text += "  " + example + "\n";
  return text;
}

}  // namespace synapse::cli
