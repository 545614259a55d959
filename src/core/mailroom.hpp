// SPDX-License-Identifier: AGPL-3.0-or-later
// The mailboxes: every directed chat until each of its recipients has seen it, and what became of
// the latest after that.
//
// A message is kept once, with a copy for each recipient that says how far it has come there. A
// copy is open until it is seen or dropped; a message with an open copy is live, and counts in the
// bounds. When its last copy closes it moves to one of two rings, of what ended with a dead letter
// and of what ended without: those forget the oldest. So what a mailroom holds depends on the
// events alone, and on the order in which messages ended.
//
// The bounds are not kept by keep(): next_overflow() says what they want dropped, and whoever runs
// the mailroom makes that an event like any other, for the log has to tell of it.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/event.hpp"
#include "core/limits.hpp"
#include "core/presence.hpp"
#include "core/saved_mailroom.hpp"

namespace synapse::core {

class Mailroom {
 public:
  explicit Mailroom(const Limits& limits) : limits_(limits) {}
  Mailroom(const Mailroom&) = delete;
  Mailroom& operator=(const Mailroom&) = delete;
  Mailroom(Mailroom&&) = default;
  Mailroom& operator=(Mailroom&&) = default;

  // What is kept under one name, as a recipient and as a sender. All ids rise.
  struct Box {
    const AgentName* name = nullptr;
    std::vector<MessageId> open;    // Not seen, for this name.
    std::vector<MessageId> closed;  // For this name, and still known.
    std::size_t bytes = 0;          // Of the open ones.
    std::vector<MessageId> sent;    // Live, by this name.
    std::vector<MessageId> ended;   // By this name, and still known.
    std::size_t sent_bytes = 0;     // Of the live ones.
    std::size_t dropped = 0;        // Of its copies in the rings, those it has not been told of.
    bool is_stranger = false;       // Nobody ever had the name.
    std::size_t uses = 0;           // Copies and messages that point here.
  };
  struct Copy {
    Box* box = nullptr;
    double at = 0;  // Wall seconds: when it came to its state.
    MessageId answer;
    MailState state = MailState::kept;
    DropReason why = DropReason::none;
    bool is_given_out : 1 = false;      // In an answer to an inbox_request.
    bool is_told_of : 1 = false;        // Of a dropped one: the mailbox has said so.
    bool is_no_letter : 1 = false;      // Of a dropped one: retried or cleared.
    bool seen_by_sender : 1 = false;    // Of a dead letter.
    bool seen_by_operator : 1 = false;  // The same.

    [[nodiscard]] bool is_open() const {
      return state < MailState::seen && why == DropReason::none;
    }
    // States only rise; of what left the mailbox unseen, it may turn out that it was seen.
    [[nodiscard]] bool may_come_to(MailState to) const {
      if (is_open()) return to > state;
      if (to == MailState::answered) return state != MailState::answered;
      return to == MailState::seen && (state < MailState::seen || state == MailState::dropped);
    }
    [[nodiscard]] bool is_dead_letter() const {
      return state == MailState::dropped && why != DropReason::withdrawn && !is_no_letter;
    }
  };
  // A message has one recipient as a rule, and that one needs no memory of its own.
  class Copies {
   public:
    Copies() = default;
    explicit Copies(const std::vector<Copy>& copies);

    [[nodiscard]] Copy* begin() { return many_ ? many_.get() : &one_; }
    [[nodiscard]] Copy* end() { return begin() + count_; }
    [[nodiscard]] const Copy* begin() const { return many_ ? many_.get() : &one_; }
    [[nodiscard]] const Copy* end() const { return begin() + count_; }
    [[nodiscard]] std::size_t size() const { return count_; }

   private:
    Copy one_;
    std::unique_ptr<Copy[]> many_;  // In place of it.
    std::size_t count_ = 0;
  };
  struct Mail {
    SharedText body;  // That of the ChatMessage.
    Box* sender = nullptr;
    SharedText hub_id;
    double timestamp = 0;
    Mono kept{0};
    SharedText thread;  // Blank: none.
    std::uint32_t bytes = 0;
    bool inherits_thread = false;
    Receipt receipt = Receipt::none;
    Copies copies;  // By name.

    [[nodiscard]] const Copy* copy_of(const AgentName& agent) const;
    [[nodiscard]] bool is_live() const;
  };

  [[nodiscard]] const Mail* find(MessageId id) const;
  // Null: nothing is kept under the name.
  [[nodiscard]] const Box* box(const AgentName& name) const;
  [[nodiscard]] bool has_unseen(const AgentName& name) const;
  [[nodiscard]] const std::map<MessageId, Mail>& live() const { return live_; }
  // Dead letters are in these, in the order in which they ended.
  [[nodiscard]] const std::deque<MessageId>& dead() const { return dead_.order; }
  [[nodiscard]] std::size_t bytes() const { return live_bytes_; }

  void keep(const MailKept& event, const Presence& presence);
  void note(const MailNoted& event);
  void gave_out(const InboxRead& event);
  void looked_at(const LettersRead& event);
  void end_letters(const LettersEnded& event);
  void stopped_reading(const DoesNotRead& event);
  // Somebody has the name.
  void know(const AgentName& agent);

  // Told of each message that is kept no more.
  void on_forgotten(std::function<void(MessageId)> listener) {
    on_forgotten_ = std::move(listener);
  }

  // What a bound wants dropped now; nothing: all fits.
  [[nodiscard]] std::optional<MailNoted> next_overflow(Moment now);
  // After a replay: which bounds are passed, if the limits are not those that the log was made by.
  void look_for_overflow();
  [[nodiscard]] bool may_overflow() const { return !crowded_.empty(); }
  // What has been kept for too long, in at most so many events.
  [[nodiscard]] std::vector<MailNoted> due(Moment now, std::size_t at_most) const;
  [[nodiscard]] std::optional<Mono> next_deadline() const;
  // Which of the latest were dropped for it within an hour, by wall seconds: what the log has.
  [[nodiscard]] std::vector<MessageId> dropped_lately(const AgentName& agent, double now) const;
  // Whether its senders were told that it reads nothing, and it has read nothing since.
  [[nodiscard]] bool does_not_read(const AgentName& agent) const {
    return not_reading_.contains(agent);
  }

  // So many within an hour, and it does not read.
  static constexpr std::size_t drops_told = 3;

  [[nodiscard]] SavedMailroom save() const;
  // Into an empty one.
  void restore(const SavedMailroom& all);

 private:
  struct Ring {
    std::map<MessageId, Mail> mails;
    std::deque<MessageId> order;
    std::size_t bytes = 0;
  };

  [[nodiscard]] Copy* find_copy(MessageId id, const AgentName& agent);
  Box& use(const AgentName& name);
  void let_go(Box& box);
  void insert(MessageId id, Mail mail);
  // That of the newest message is most often the same.
  [[nodiscard]] SharedText hub_id(std::string_view text) const;
  [[nodiscard]] Mail restored(const SavedMailroom::Mail& one, const std::set<AgentName>& strangers);
  void count_open(MessageId id, const Mail& mail, Copy& copy);
  void close(MessageId id, const Mail& mail, Copy& copy);
  void note(MessageId id, const AgentName& agent, const MailNoted& event);
  void came_to(Copy& copy, const MailNoted& event);
  void end(MessageId id);
  void put(Ring& ring, std::map<MessageId, Mail>::node_type node, std::size_t mails_max,
           std::size_t bytes_max);
  void forget(MessageId id, Mail& mail);
  [[nodiscard]] std::optional<MailNoted> overflow_of(const Box& box, Moment now) const;
  [[nodiscard]] std::optional<MailNoted> overflow_of_all(Moment now) const;
  [[nodiscard]] static MailNoted drop(MessageId id, const AgentName& agent, Moment now);

  // Of ids that rise.
  static void insert_sorted(std::vector<MessageId>& ids, MessageId id);
  static void erase_sorted(std::vector<MessageId>& ids, MessageId id);

  Limits limits_;
  std::map<AgentName, Box> boxes_;
  std::map<MessageId, Mail> live_;
  std::size_t live_bytes_ = 0;
  Ring dead_;
  Ring ended_;
  // Open copies of names that nobody ever had.
  std::set<std::pair<MessageId, AgentName>> strangers_;
  std::size_t stranger_bytes_ = 0;
  std::set<AgentName> crowded_;  // Whose bounds may be passed.
  std::set<AgentName> not_reading_;
  std::function<void(MessageId)> on_forgotten_;
};

}  // namespace synapse::core
