// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/json_edit.hpp"

#include <algorithm>

#include "wire/json_document.hpp"

namespace synapse::services {

namespace {

class PlaceReader {
 public:
  explicit PlaceReader(std::string_view text) : text_(text) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (text_.starts_with(byte_order_mark)) at_ = byte_order_mark.size();
  }

  Result<JsonNode> read() {
    JsonNode root;
    skip();
    value(root, 0);
    skip();
    if (!is_good_ || at_ != text_.size()) {
      return fail(ErrorCode::malformed_json,
                  "it is no JSON from byte " + std::to_string(at_) + " on");
    }
    return root;
  }

 private:
  [[nodiscard]] char next() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    if (next() != c || at_ >= text_.size()) return false;
    ++at_;
    return true;
  }

  // Blanks and comments.
  void skip() {
    while (at_ < text_.size()) {
      if (std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) {
        ++at_;
      } else if (text_.substr(at_, 2) == "//") {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (text_.substr(at_, 2) == "/*") {
        const std::size_t end = text_.find("*/", at_ + 2);
        if (end == std::string_view::npos) return;
        at_ = end + 2;
      } else {
        return;
      }
    }
  }

  void value(JsonNode& node, std::size_t depth) {
    node.begin = at_;
    if (depth > wire::depth_max) {
      is_good_ = false;
    } else if (next() == '{') {
      node.kind = JsonNode::Kind::object;
      children(node, '}', depth);
    } else if (next() == '[') {
      node.kind = JsonNode::Kind::array;
      children(node, ']', depth);
    } else if (next() == '"') {
      node.kind = JsonNode::Kind::text;
      static_cast<void>(text());
    } else {
      word();
    }
    node.end = at_;
  }

  void children(JsonNode& node, char bracket, std::size_t depth) {
    ++at_;
    for (skip(); is_good_ && !take(bracket); skip()) {
      if (!node.children.empty() && !node.has_trailing_comma) {
        is_good_ = false;
        return;
      }
      node.starts.push_back(at_);
      if (bracket == '}') {
        node.keys.push_back(text());
        skip();
        if (!take(':')) is_good_ = false;
        skip();
      }
      JsonNode& child = node.children.emplace_back();
      if (is_good_) value(child, depth + 1);
      skip();
      node.has_trailing_comma = take(',');
    }
  }

  // What it says, escapes undone.
  std::string text() {
    const std::size_t begin = at_;
    if (!take('"')) is_good_ = false;
    while (is_good_ && next() != '"') {
      if (at_ >= text_.size() || next() == '\n') {
        is_good_ = false;
        return {};
      }
      at_ += next() == '\\' ? 2 : 1;
    }
    if (!is_good_ || !take('"')) {
      is_good_ = false;
      return {};
    }
    const auto parsed = wire::parse_json(text_.substr(begin, at_ - begin), "a text");
    if (!parsed || !parsed->is_string()) {
      is_good_ = false;
      return {};
    }
    return parsed->get<std::string>();
  }

  // A number or a literal.
  void word() {
    const std::size_t begin = at_;
    const auto is_part = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' ||
             c == 'E';
    };
    while (at_ < text_.size() && is_part(text_[at_])) ++at_;
    if (!wire::parse_json(text_.substr(begin, at_ - begin), "a value")) is_good_ = false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool is_good_ = true;
};

std::string_view line_end_of(std::string_view text) {
  return text.find("\r\n") == std::string_view::npos ? "\n" : "\r\n";
}

}  // namespace

const JsonNode* JsonNode::find(std::string_view key) const {
  const auto found = std::find(keys.begin(), keys.end(), key);
  return found == keys.end() ? nullptr : &children[static_cast<std::size_t>(found - keys.begin())];
}

Result<JsonNode> read_json_places(std::string_view text) { return PlaceReader(text).read(); }

std::string with_child(std::string_view text, const JsonNode& parent, std::string_view child,
                       std::string_view indent) {
  const std::string line_end(line_end_of(text));
  const bool is_first = parent.children.empty();
  // Behind the last child, or behind the bracket; a comma that is there already stays where it is.
  std::size_t place = is_first ? parent.begin + 1 : parent.children.back().end;
  std::string added;
  if (parent.has_trailing_comma) {
    place = text.find(',', place) + 1;
  } else if (!is_first) {
    added = ",";
  }
  added += line_end + std::string(indent) + std::string(child);
  if (is_first) {
    added += line_end;
    if (indent.size() >= 2) added += indent.substr(2);
  }
  return std::string(text.substr(0, place)) + added + std::string(text.substr(place));
}

std::string without_child(std::string_view text, const JsonNode& parent, std::size_t index) {
  // From the end of what stands before it, its comma included, to its own end.
  std::size_t begin = index == 0 ? parent.begin + 1 : parent.children[index - 1].end;
  std::size_t end = parent.children[index].end;
  if (index == 0 && parent.children.size() > 1) {
    begin = parent.starts[0];
    end = parent.starts[1];
  } else if (index == 0) {
    end = parent.end - 1;
  }
  return std::string(text.substr(0, begin)) + std::string(text.substr(end));
}

}  // namespace synapse::services
