// SPDX-License-Identifier: AGPL-3.0-or-later
#include "guard/words.hpp"

#include <algorithm>
#include <cmath>

#include "base/control.hpp"

namespace synapse::guard {

namespace {

constexpr std::string_view cut_mark = "...";
constexpr std::size_t name_bytes_shown = wire::hook_sender_bytes_max;

std::string plain(std::string_view text) {
  return base::escape_control(text, base::LineBreaks::escape);
}

bool is_inside_character(char byte) {
  constexpr unsigned mask = 0xC0U;
  constexpr unsigned continuation = 0x80U;
  return (static_cast<unsigned char>(byte) & mask) == continuation;
}

// Of a path the end says more than the beginning.
std::string end_of_path(const std::string& path, std::size_t bytes_max) {
  if (path.size() <= bytes_max) return path;
  std::size_t from = path.size() - std::min(path.size(), bytes_max - cut_mark.size());
  while (from < path.size() && is_inside_character(path[from])) ++from;
  return std::string(cut_mark) + path.substr(from);
}

std::string minutes(double seconds) {
  constexpr double minute = 60;
  constexpr double hour = 3600;
  if (seconds < minute) return "1 min";
  if (seconds < 2 * hour) return std::to_string(std::llround(seconds / minute)) + " min";
  return std::to_string(std::llround(seconds / hour)) + " h";
}

std::string terms(const wire::HookHolder& holder, const Reader& reader) {
  std::string text;
  const auto add = [&text](const std::string& one) { text += (text.empty() ? "" : ", ") + one; };
  if (!holder.task_id.empty()) add("task " + shortened(plain(holder.task_id.text), 40));
  if (holder.since != 0) add("for " + minutes(reader.now - holder.since));
  if (holder.until != 0) add("until about " + reader.time_of_day(holder.until));
  return text.empty() ? "" : " (" + text + ")";
}

// Adds a line where it fits; counts the ones that don't.
class Lines {
 public:
  explicit Lines(std::size_t bytes_max) : left_(bytes_max - room_for_rest) {}

  void add(const std::string& line) {
    if (!fits(line)) {
      ++left_out_;
      return;
    }
    left_ -= line.size() + 1;
    text_ += (text_.empty() ? "" : "\n") + line;
  }
  [[nodiscard]] bool fits(const std::string& line) const {
    return left_out_ == 0 && line.size() + 1 <= left_;
  }
  [[nodiscard]] std::string take(std::string_view where) {
    if (left_out_ != 0) text_ += "\n" + std::to_string(left_out_) + " more: " + std::string(where);
    return std::move(text_);
  }

 private:
  static constexpr std::size_t room_for_rest = 64;

  std::size_t left_;
  std::size_t left_out_ = 0;
  std::string text_;
};

std::string line_of(const wire::HookNotice& notice, const Reader& reader) {
  const std::string path = end_of_path(plain(notice.about.path), 120);
  const std::string holder = shortened(plain(notice.about.name.text), name_bytes_shown);
  switch (notice.kind) {
    case wire::HookNotice::Kind::held:
      return held_text(notice.about, reader) + ": don't write it.";
    case wire::HookNotice::Kind::yours:
      return path + " is yours now until " + reader.time_of_day(notice.about.until) + ".";
    case wire::HookNotice::Kind::written:
      return path + " changed while your command ran, and " + holder +
             " holds it: tell them, and look what is in it.";
  }
  return {};
}

std::string line_of(const wire::HookMail& mail) {
  std::string line = shortened(plain(mail.sender.text), name_bytes_shown) + " says (#" +
                     std::to_string(mail.mark.id.value);
  if (mail.in_reply_to.value != 0) line += ", answers #" + std::to_string(mail.in_reply_to.value);
  if (mail.is_again) line += ", again";
  if (mail.is_cut) line += ", cut";
  return line + "): " + plain(mail.text);
}

// As many messages as fit; what to add about the others.
std::string add_mail(const wire::HookAnswer& answer, Lines& lines,
                     std::vector<wire::HookAck>& told) {
  std::size_t left = answer.mail_left;
  for (const wire::HookMail& mail : answer.mail) {
    const std::string line = line_of(mail);
    const bool fits = lines.fits(line);
    if (fits) lines.add(line);
    if (fits && !mail.is_cut) told.push_back(mail.mark);
    if (!fits && !mail.is_cut) ++left;
  }
  return left == 0 ? "" : "\n" + std::to_string(left) + " more: syn inbox";
}

std::string files_text(const std::vector<std::string>& paths) {
  if (paths.empty() || paths.front().empty()) return "the whole worktree";
  constexpr std::size_t shown = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(shown, paths.size()); ++i) {
    text += (i == 0 ? "" : ", ") + end_of_path(plain(paths[i]), 60);
  }
  if (paths.size() > shown) text += " and " + std::to_string(paths.size() - shown) + " more";
  return text;
}

}  // namespace

std::string shortened(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return std::string(text);
  std::size_t end = bytes_max - std::min(bytes_max, cut_mark.size());
  while (end > 0 && is_inside_character(text[end])) --end;
  return std::string(text.substr(0, end)) + std::string(cut_mark);
}

std::string held_text(const wire::HookHolder& holder, const Reader& reader, std::size_t bytes_max) {
  const std::string head = shortened(plain(holder.name.text), name_bytes_shown) + " holds ";
  const std::string tail = terms(holder, reader);
  const std::size_t taken = head.size() + tail.size();
  const std::size_t left = bytes_max > taken ? bytes_max - taken : 0;
  constexpr std::size_t path_bytes_min = 16;
  return head + end_of_path(plain(holder.path), std::max(left, path_bytes_min)) + tail;
}

std::string denial_text(const wire::HookAnswer& answer, const Reader& reader) {
  const std::string advice =
      answer.is_queued ? "; you are queued for it and will be told; go on with something else"
                       : "; go on with something else";
  return held_text(*answer.holder, reader, denial_bytes_max - advice.size()) + advice;
}

std::string cannot_tell_text(std::string_view why) {
  const std::string advice = ": `synapse doctor`, or `synapse hooks mode warn`";
  return shortened(plain(why), denial_bytes_max - advice.size()) + advice;
}

Telling notices_text(const wire::HookAnswer& answer, const Reader& reader) {
  Telling telling;
  Lines lines(notices_bytes_max);
  for (const wire::HookNotice& notice : answer.notices) lines.add(line_of(notice, reader));
  const std::string rest = add_mail(answer, lines, telling.told);
  telling.text = lines.take("synapse state") + rest;
  return telling;
}

Telling brief_text(const wire::HookAnswer& answer, const Reader& reader) {
  Telling telling;
  Lines mail(wire::hook_brief_mail_bytes);
  const std::string rest = add_mail(answer, mail, telling.told);
  const std::string unread = mail.take("syn inbox") + rest;
  Lines lines(brief_bytes_max - unread.size() - 1);
  lines.add("You are " + shortened(plain(answer.name.text), name_bytes_shown) +
            " on the Synapse hub of this repository. The files that you edit are claimed for you, "
            "and given back at the end.");
  const wire::HookBrief& brief = *answer.brief;
  for (const wire::HookBrief::Claim& claim : brief.own) {
    std::string line =
        "You hold " + files_text(claim.paths) + " until " + reader.time_of_day(claim.until);
    if (!claim.task_id.empty()) line += " (task " + shortened(plain(claim.task_id.text), 40) + ")";
    if (!claim.note.empty()) line += ": " + shortened(plain(claim.note), 120);
    if (!claim.checkpoint.empty()) {
      line += "; checkpoint: " + shortened(plain(claim.checkpoint), 300);
    }
    lines.add(line + ".");
  }
  for (const wire::HookBrief::Claim& claim : brief.others) {
    lines.add(shortened(plain(claim.owner.text), name_bytes_shown) + " holds " +
              files_text(claim.paths) + " until " + reader.time_of_day(claim.until) + ".");
  }
  std::string here;
  for (const AgentName& agent : brief.agents) {
    here += (here.empty() ? "Also here: " : ", ") + shortened(plain(agent.text), name_bytes_shown);
    if (here.size() > 200) break;
  }
  if (!here.empty()) lines.add(here + ".");
  telling.text = lines.take("synapse state");
  if (!unread.empty()) telling.text += "\n" + unread;
  return telling;
}

}  // namespace synapse::guard
