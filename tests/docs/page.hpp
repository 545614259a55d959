// SPDX-License-Identifier: AGPL-3.0-or-later
// A page of the documentation as its tests see it: blocks between fences, links, headings.
//
// A block is what its language says. Without one, or as `console`, its lines that begin with `$ `
// are commands, and what stands below one is what it prints. `sh` holds commands alone. A comment
// before the fence says what is special: `<!-- not run: WHY -->`; `<!-- runs on: TEXT -->` for a
// program that stays, once it has printed TEXT; `<!-- first: COMMAND -->` for what a reader of the
// page has done by then.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace synapse::test {

struct Block {
  std::size_t line = 0;  // Of its first fence, from 1.
  std::string language;
  std::string remark;  // In the comment before it; blank: none.
  std::string first;   // Done before it.
  std::vector<std::string> lines;

  [[nodiscard]] bool is_session() const;
  [[nodiscard]] bool is_script() const { return language == "sh"; }
  [[nodiscard]] bool is_left_out() const { return remark.starts_with("not run: "); }
};

struct Step {
  std::string command;
  std::string shows;
  std::string runs_on;       // What it has printed once it serves; blank: it ends.
  bool is_compared = false;  // With what it shows.
  std::size_t line = 0;
};

class Page {
 public:
  explicit Page(std::filesystem::path file);

  [[nodiscard]] const std::filesystem::path& file() const { return file_; }
  [[nodiscard]] const std::vector<Block>& blocks() const { return blocks_; }
  // The commands that are run, in order.
  [[nodiscard]] std::vector<Step> steps() const;
  // The targets of links outside of blocks, as written.
  [[nodiscard]] const std::vector<std::string>& links() const { return links_; }
  // What can stand behind a # in a link to this page.
  [[nodiscard]] const std::vector<std::string>& anchors() const { return anchors_; }

 private:
  std::filesystem::path file_;
  std::vector<Block> blocks_;
  std::vector<std::string> links_;
  std::vector<std::string> anchors_;
};

}  // namespace synapse::test
