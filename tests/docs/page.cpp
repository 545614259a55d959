// SPDX-License-Identifier: AGPL-3.0-or-later
#include "docs/page.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>

#include "support/file_text.hpp"

namespace synapse::test {

namespace {

constexpr std::string_view fence = "```";

// As GitHub makes them: lower case, blanks as hyphens, no punctuation.
std::string anchor_of(const std::string& heading) {
  std::string anchor;
  for (const char character : heading) {
    const auto byte = static_cast<unsigned char>(character);
    if (std::isalnum(byte) != 0 || character == '-' || character == '_' || byte >= 0x80) {
      anchor += static_cast<char>(byte < 0x80 ? std::tolower(byte) : byte);
    } else if (character == ' ') {
      anchor += '-';
    }
  }
  return anchor;
}

void add_links(const std::string& line, std::vector<std::string>& links) {
  for (std::size_t at = line.find("]("); at != std::string::npos; at = line.find("](", at + 1)) {
    const std::size_t end = line.find(')', at);
    if (end != std::string::npos) links.push_back(line.substr(at + 2, end - at - 2));
  }
}

std::string without_code(const std::string& line) {
  std::string text;
  bool is_code = false;
  for (const char character : line) {
    if (character == '`') is_code = !is_code;
    if (!is_code) text += character;
  }
  return text;
}

// A command goes on in the next line behind a backslash, and below `<<'END'` up to END.
bool goes_on(const std::string& command) {
  if (command.ends_with('\\')) return true;
  const std::size_t at = command.find("<<'END'");
  return at != std::string::npos && command.find("\nEND", at) == std::string::npos;
}

// A session's commands, each with what it shows.
void add_session(const Block& block, std::vector<Step>& steps) {
  bool in_command = false;
  for (std::size_t i = 0; i < block.lines.size(); ++i) {
    const std::string& line = block.lines[i];
    if (in_command) {
      steps.back().command += "\n" + line;
      in_command = goes_on(steps.back().command);
    } else if (line.starts_with("$ ")) {
      steps.push_back({line.substr(2), "", "", true, block.line + i + 1});
      in_command = goes_on(steps.back().command);
    } else if (!line.empty() && !steps.empty()) {
      steps.back().shows += line + "\n";
    }
  }
}

// A script is one step, which ends at the first command that fails.
void add_script(const Block& block, std::vector<Step>& steps) {
  constexpr std::string_view runs_on = "runs on: ";
  Step step;
  step.line = block.line;
  if (block.remark.starts_with(runs_on)) step.runs_on = block.remark.substr(runs_on.size());
  if (step.runs_on.empty()) step.command = "set -e\n";
  for (const std::string& line : block.lines) step.command += line + "\n";
  steps.push_back(std::move(step));
}

}  // namespace

bool Block::is_session() const {
  if (language != "console" && !language.empty()) return false;
  return std::any_of(lines.begin(), lines.end(),
                     [](const std::string& each) { return each.starts_with("$ "); });
}

Page::Page(std::filesystem::path file) : file_(std::move(file)) {
  std::istringstream text(text_of(file_));
  std::string remark;
  std::string first;
  bool in_block = false;
  std::size_t number = 0;
  for (std::string line; std::getline(text, line);) {
    ++number;
    if (line.starts_with(fence)) {
      in_block = !in_block;
      if (in_block) blocks_.push_back({number, line.substr(fence.size()), remark, first, {}});
      remark.clear();
      first.clear();
    } else if (in_block) {
      blocks_.back().lines.push_back(line);
    } else {
      const bool is_remark = line.starts_with("<!-- ") && line.ends_with(" -->");
      const std::string said = is_remark ? line.substr(5, line.size() - 9) : "";
      if (said.starts_with("first: ")) {
        first = said.substr(7);
      } else {
        remark = said;
        if (!is_remark) first.clear();
      }
      if (line.starts_with('#')) {
        anchors_.push_back(anchor_of(line.substr(line.find_first_not_of("# "))));
      }
      if (!line.starts_with("    ")) add_links(without_code(line), links_);
    }
  }
}

std::vector<Step> Page::steps() const {
  std::vector<Step> steps;
  for (const Block& block : blocks_) {
    if (block.is_left_out()) continue;
    if (!block.first.empty()) steps.push_back({block.first, "", "", false, block.line});
    if (block.is_session()) add_session(block, steps);
    if (block.is_script()) add_script(block, steps);
  }
  return steps;
}

}  // namespace synapse::test
