// SPDX-License-Identifier: AGPL-3.0-or-later
// The options of one command: bound to variables, read from the words after its name, shown as
// help.
//
// A thin front of CLI11, which splits the words, checks values and counts them. CLI11 takes six
// seconds to compile, so it is included once and not once a command. The checks are Synapse's own:
// CLI11 reads 010 as eight and takes nan for a number; here every number is decimal, finite and in
// a range. And usage errors become one kind of Result.
//
// A variable's value when it is bound is the default that the help shows. Bound variables must
// outlive parse().
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace synapse::cli {

// How an option is written and explained: {"--target", "NAMES", "whom it is for"}.
struct Label {
  std::string_view flag;
  std::string_view value;
  std::string_view help;
};

struct NumberRange {
  double min = 0;
  double max = 1e9;
};

struct IntegerRange {
  std::int64_t min = 1;
  std::int64_t max = 1'000'000'000;
};

// What help, completions and the manual tell of an option or argument.
struct OptionInfo {
  std::string flag;                // Of an argument, its name.
  std::string value_name;          // Blank: a flag, which takes no value.
  std::string help;                // With the default behind it, if there is one.
  std::string heading;             // Blank: an argument.
  std::vector<std::string> words;  // All that the value can be; none: anything.
  bool is_repeatable = false;      // Of an argument.
};

class OptionSet {
 public:
  OptionSet(std::string command, std::string_view summary);
  ~OptionSet();
  OptionSet(const OptionSet&) = delete;
  OptionSet& operator=(const OptionSet&) = delete;

  void flag(std::string_view flag, bool& value, std::string_view help);
  // The last one counts, so that a wrapper's option can be overridden behind it.
  void text(const Label& label, std::string& value);
  void text(const Label& label, std::optional<std::string>& value);
  // May be repeated; each occurrence adds one.
  void list(const Label& label, std::vector<std::string>& values);
  void number(const Label& label, double& value, NumberRange range);
  void number(const Label& label, std::optional<double>& value, NumberRange range);
  template <class Integer>
  void integer(const Label& label, Integer& value, IntegerRange range = {});
  template <class Integer>
  void integer(const Label& label, std::optional<Integer>& value, IntegerRange range = {});
  // One of these words, in any letter case; value is its index.
  void choice(const Label& label, std::size_t& value, std::vector<std::string> words);
  // The same without a default; value is the word.
  void choice(const Label& label, std::optional<std::string>& value,
              std::vector<std::string> words);

  // A word without a flag, in the order of declaration. Only the last may be optional.
  void argument(std::string_view name, std::string& value, std::string_view help);
  void argument(std::string_view name, std::optional<std::string>& value, std::string_view help);
  // At least one of them.
  void arguments(std::string_view name, std::vector<std::string>& values, std::string_view help);
  // One of these words, in any letter case; value is its index, or the word where it is optional.
  void choice_argument(std::string_view name, std::size_t& value, std::vector<std::string> words,
                       std::string_view help);
  void choice_argument(std::string_view name, std::optional<std::string>& value,
                       std::vector<std::string> words, std::string_view help);
  // Everything behind `--`, at least one word: another program's command line. Where no `--` is,
  // it begins at the first word that is neither an option nor an argument, and may hold no option
  // of this command.
  void command_line(std::string_view name, std::vector<std::string>& words, std::string_view help);
  // The same, for a command that itself says what is amiss when there is none.
  void optional_command_line(std::string_view name, std::vector<std::string>& words,
                             std::string_view help);

  void exclusive(std::string_view flag, std::string_view other);
  // Options declared from here on stand under this heading in the help.
  void heading(std::string_view title);
  void example(std::string_view line);

  enum class Outcome { parsed, help_wanted };
  // Sets the bound variables. An Error's message says which word is wrong.
  [[nodiscard]] Result<Outcome> parse(std::span<const std::string> words);
  [[nodiscard]] std::string help() const;

  [[nodiscard]] std::vector<OptionInfo> options() const;
  [[nodiscard]] const std::vector<std::string>& examples() const { return examples_; }
  // One line: the command and how its words are written.
  [[nodiscard]] std::string usage() const;

 private:
  struct Parser;  // Keeps CLI11 out of this header.

  void add_integer(const Label& label, std::string default_text, IntegerRange range,
                   std::function<void(std::int64_t)> store);
  // Where the other program's command line begins, or its `--`.
  [[nodiscard]] std::size_t line_begin(std::span<const std::string> words) const;
  [[nodiscard]] Result<> take_line(std::span<const std::string> line);
  [[nodiscard]] Error usage_error(std::span<const std::string> words, std::string_view said) const;
  [[nodiscard]] std::optional<Error> leftover() const;

  std::string command_;
  std::string summary_;
  std::vector<std::string> examples_;
  std::string line_name_;  // Of the command line behind `--`; blank: this command takes none.
  std::string line_help_;
  std::vector<std::string>* line_ = nullptr;
  bool line_is_optional_ = false;
  std::unique_ptr<Parser> parser_;
};

template <class Integer>
void OptionSet::integer(const Label& label, Integer& value, IntegerRange range) {
  add_integer(label, std::to_string(value), range,
              [&value](std::int64_t given) { value = static_cast<Integer>(given); });
}

template <class Integer>
void OptionSet::integer(const Label& label, std::optional<Integer>& value, IntegerRange range) {
  add_integer(label, "", range,
              [&value](std::int64_t given) { value = static_cast<Integer>(given); });
}

}  // namespace synapse::cli
