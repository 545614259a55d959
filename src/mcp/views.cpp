// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/views.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>

#include "base/control.hpp"
#include "client/holders.hpp"

namespace synapse::mcp {

namespace {

using client::member;

constexpr std::size_t paths_shown = 3;
constexpr std::size_t word_bytes_max = 96;  // Of one name, path or title.
constexpr std::size_t names_bytes_max = 600;

// Others' text as a part of one line.
std::string shown(std::string_view text) {
  std::string line = base::escape_control(text, base::LineBreaks::escape);
  if (line.size() <= word_bytes_max) return line;
  std::size_t end = word_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80) --end;
  line.resize(end);
  return line + "…";
}

// Lines up to the bound, and how many more there were.
class ShownLines {
 public:
  void add(const std::string& line) {
    if (more_ > 0 || text_.size() + line.size() > view_bytes_max) {
      ++more_;
    } else {
      text_ += line + '\n';
    }
  }
  void skip(std::size_t count) { more_ += count; }
  // `hint`: how to see the rest.
  [[nodiscard]] std::string take(const char* hint) {
    if (more_ > 0) text_ += "and " + std::to_string(more_) + " more" + hint + '\n';
    if (!text_.empty()) text_.pop_back();
    return std::move(text_);
  }

 private:
  std::string text_;
  std::size_t more_ = 0;
};

std::string paths_text(const Json& claim) {
  const std::vector<std::string> paths = texts_member(claim, "paths");
  if (text_member(claim, "scope") == "none") return "no files";
  if (paths.empty() || (paths.size() == 1 && paths[0].empty())) return "everything";
  std::string text;
  for (std::size_t i = 0; i < std::min(paths.size(), paths_shown); ++i) {
    text += (i == 0 ? "" : ", ") + shown(paths[i]);
  }
  if (paths.size() > paths_shown) text += " +" + std::to_string(paths.size() - paths_shown);
  return text;
}

// `9 min`, from the snapshot's own time.
std::string time_left(const Json& claim, double now) {
  const double seconds = std::max(0.0, wire::number_member(claim, "lease_expires_at") - now);
  const double minutes = std::ceil(seconds / 60);
  if (minutes < 120) return std::to_string(static_cast<int>(minutes)) + " min";
  return std::to_string(static_cast<long>(std::min(minutes / 60, 1e6))) + " h";
}

// `T1 shop/claude src/a.cpp, src/b.cpp, 9 min`
std::string claim_line(const Json& claim, double now, bool with_worktree) {
  std::string line = shown(text_member(claim, "task_id")) + ' ' +
                     shown(text_member(claim, "owner")) + ' ' + paths_text(claim);
  if (with_worktree) line += " of " + shown(text_member(claim, "worktree"));
  return line + ", " + time_left(claim, now);
}

std::string names_text(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (text.size() > names_bytes_max) return text + " +" + std::to_string(names.size() - i);
    text += (i == 0 ? "" : ", ") + shown(names[i]);
  }
  return text;
}

std::vector<const Json*> wanted_claims(const Json& claims, const StateView& view) {
  std::vector<const Json*> wanted;
  if (!claims.is_array()) return wanted;
  if (view.where) {
    wanted = client::Holders(claims).of(view.where->worktree, view.where->paths);
  } else {
    for (const Json& claim : claims) wanted.push_back(&claim);
  }
  if (view.wish.whose == ShowState::Whose::mine) {
    std::erase_if(wanted,
                  [&view](const Json* claim) { return text_member(*claim, "owner") != view.me; });
  }
  return wanted;
}

Json copied(const std::vector<const Json*>& claims) {
  Json list = Json::array();
  for (const Json* claim : claims) list.push_back(*claim);
  return list;
}

}  // namespace

Outcome state_outcome(const Json& state, const StateView& view) {
  std::vector<const Json*> claims = wanted_claims(member(state, "active_claims"), view);
  const std::size_t count = claims.size();
  if (claims.size() > view.wish.limit) claims.resize(view.wish.limit);
  std::set<std::string> worktrees;
  for (const Json* claim : claims) worktrees.insert(text_member(*claim, "worktree"));
  const double now = wire::number_member(state, "generated_at");
  ShownLines lines;
  lines.add("you are " + view.me + "; online: " + names_text(view.online));
  const bool is_one_tree = worktrees.size() == 1 && !worktrees.begin()->empty();
  if (claims.empty()) {
    lines.add("no claims");
  } else {
    lines.add("claims" + (is_one_tree ? " of " + shown(*worktrees.begin()) : "") + ':');
  }
  for (const Json* claim : claims) lines.add(claim_line(*claim, now, worktrees.size() > 1));
  lines.skip(count - claims.size());
  Json structured{{"you", view.me},
                  {"online", view.online},
                  {"active_claims", copied(claims)},
                  {"claims", count}};
  return {Verdict::done,
          lines.take(": ask for mine, paths or another limit"),
          std::move(structured),
          {}};
}

Outcome holders_outcome(const Json& state, const std::string& me, const WhoHolds& asked,
                        const ClaimScope& where) {
  const Json& claims = member(state, "active_claims");
  std::vector<const Json*> found;
  if (claims.is_array()) found = client::Holders(claims).of(where.worktree, where.paths);
  const double now = wire::number_member(state, "generated_at");
  ShownLines lines;
  if (found.empty()) lines.add("nobody holds " + shown(asked.path));
  for (const Json* claim : found) {
    const bool is_own = text_member(*claim, "owner") == me;
    lines.add(claim_line(*claim, now, false) + (is_own ? " (you)" : ""));
  }
  return {Verdict::done,
          lines.take(""),
          {{"you", me}, {"path", asked.path}, {"holders", copied(found)}},
          {}};
}

std::string board_text(const Json& board) {
  ShownLines lines;
  std::set<std::string> ready;
  for (std::string& id : texts_member(board, "ready")) ready.insert(std::move(id));
  const Json& tasks = member(board, "tasks");
  if (!tasks.is_array() || tasks.empty()) lines.add("no tasks");
  for (const Json& task : tasks.is_array() ? tasks : Json::array()) {
    const std::string id = text_member(task, "task_id");
    std::string line = shown(id) + ' ' + text_member(task, "status");
    if (ready.contains(id)) line += " (ready)";
    line += ": " + shown(text_member(task, "title"));
    if (const std::string owner = text_member(task, "suggested_owner"); !owner.empty()) {
      line += ", for " + shown(owner);
    }
    const std::vector<std::string> before = texts_member(task, "depends_on");
    if (!before.empty()) line += ", after " + names_text(before);
    lines.add(line);
  }
  const Json& progress = member(board, "progress");
  constexpr std::size_t notes_shown = 10;
  if (progress.is_array()) {
    const std::size_t from = progress.size() - std::min(progress.size(), notes_shown);
    for (std::size_t i = from; i < progress.size(); ++i) {
      const Json& note = progress[i];
      lines.add("note by " + shown(text_member(note, "author")) + " on " +
                shown(text_member(note, "task_id")) + ": " + shown(text_member(note, "text")));
    }
  }
  return lines.take(": see the resource synapse://board");
}

std::string manifest_text(const Json& manifest) {
  ShownLines lines;
  if (!manifest.is_array() || manifest.empty()) lines.add("no agent says what it can do");
  for (const Json& card : manifest.is_array() ? manifest : Json::array()) {
    std::string line =
        shown(text_member(card, "agent")) + ": " + shown(text_member(card, "description"));
    for (const char* list : {"task_classes", "skills"}) {
      if (const auto words = texts_member(card, list); !words.empty()) {
        line += "; " + names_text(words);
      }
    }
    lines.add(line);
  }
  return lines.take(": see the resource synapse://manifest");
}

}  // namespace synapse::mcp
