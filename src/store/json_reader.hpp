// SPDX-License-Identifier: AGPL-3.0-or-later
// Reads one JSON text (RFC 8259) front to back, straight into typed values: log records, of which a
// start reads a million.
//
// Beside the libraries that are here anyway (the replay bench's records without chat, 225 bytes on
// average, callgrind's user instructions a record, g++ 12 -O2): reading a record into its event
// with this takes 8,080, skipping through it 5,100; nlohmann's sax_parse with a handler that does
// nothing takes 21,900. Boost.JSON's basic_parser, likewise, takes 2,530, and yet was left alone:
// up to 1.83 it refuses half of a surrogate pair, which logs hold, it doesn't say where a value
// begins and ends, which raw() has to know, and since it pushes, each kind of record would need a
// machine of states where describe() is enough here.
//
// Strict and total: any bytes give values or a failure, never an exception. A failure sticks: what
// is read after it is left as it was, loops end, and failed() is asked once, at the end. Nesting is
// bounded; skipping takes no stack. Repeated keys: the last one counts, as in every common parser.
//
// Tolerated, because programs write it: half of a surrogate pair, as text that was cut in the
// middle of a character has. It reads as U+FFFD.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"

namespace synapse::store {

class JsonReader {
 public:
  static constexpr std::size_t depth_max = 128;
  // The largest number that an id may have: every JSON reader holds it exactly.
  static constexpr std::uint64_t id_max = 1ULL << 53U;

  // The text must outlive the reader.
  explicit JsonReader(std::string_view text);

  enum class Kind { null, boolean, number, text, array, object, nothing };
  // Of the value that comes next.
  [[nodiscard]] Kind peek();

  // Calls on_member(key) for each member of the object that comes next; it reads the member's value
  // or skips it, having looked at the key before. Anything but an object is a failure.
  template <class OnMember>
  void object(OnMember on_member) {
    for (Members members(*this); !members.at_end(); members.next()) on_member(members.name());
  }
  // The same, one by one: when next() is called, the value of the member before has been read. What
  // is begun is read to its end, or fails.
  class Members {
   public:
    explicit Members(JsonReader& json);
    [[nodiscard]] bool at_end() const { return at_end_; }
    [[nodiscard]] std::string_view name() const { return name_; }
    [[nodiscard]] std::size_t place() const { return place_; }
    void next();

   private:
    void take_name(bool is_there);

    JsonReader& json_;
    std::string_view name_;
    std::size_t place_ = 0;  // Of it, in the object.
    bool at_end_ = true;
  };
  template <class OnItem>
  void array(OnItem on_item) {
    if (!enter('[')) return;
    for (bool more = !at_end(']'); more && !failed(); more = next_of(']')) on_item();
    --depth_;
  }

  // null reads as what a missing field has: blank, none, empty.
  void read(std::string& out);
  template <class Tag>
  void read(base::StringId<Tag>& out) {
    read(out.text);
  }
  void read(double& out);
  void read(std::int64_t& out);  // A number with a whole value, however it is spelt.
  void read(bool& out);
  template <class Tag>
  void read(base::NumberId<Tag>& out) {
    read_id(out.value);
  }
  template <class T>
  void read(std::optional<T>& out) {
    if (peek() == Kind::null) {
      skip();
      out.reset();
    } else {
      read(out.emplace());
    }
  }
  template <class T>
  void read(std::vector<T>& out) {
    out.clear();
    if (peek() == Kind::null) return skip();
    array([&] { read(out.emplace_back()); });
  }

  void skip();
  // The value that comes next, as it is written; half surrogate pairs replaced.
  [[nodiscard]] std::string raw();

  // Nothing but white space may be left.
  void finish();

  void fail(std::string why);
  [[nodiscard]] bool failed() const { return failed_; }
  // For people, such as "epoch: not a whole number"; blank if nothing failed.
  [[nodiscard]] std::string failure() const;

 private:
  struct Token {
    std::string_view text;  // Of a string, what is between its quotes.
    bool plain = true;      // A string without escapes; a number without fraction and exponent.
  };

  // Most texts have none.
  void spaces() {
    if (at_ != end_ && static_cast<unsigned char>(*at_) <= ' ') skip_spaces();
  }
  void skip_spaces();
  bool enter(char bracket);
  bool at_end(char bracket);
  bool next_of(char bracket);
  bool take(std::string_view word);
  bool take_colon();
  std::string_view key();
  // What comes next must be of that kind; false, and a failure, if it is not.
  bool take_string(Token& token);
  bool take_number(Token& token);
  bool take_escape();
  bool take_digits();
  bool take_scalar();
  bool take_name();
  bool parse(std::string_view token, double& out);
  void read_id(std::uint64_t& out);

  const char* at_;
  const char* begin_;
  const char* end_;
  std::size_t depth_ = 0;
  bool half_pairs_ = false;  // Seen since raw() began.
  std::string key_buffer_;
  std::string_view field_;  // The member last begun; for failure().
  bool failed_ = false;
  std::string why_;
  std::size_t failed_at_ = 0;
};

}  // namespace synapse::store
