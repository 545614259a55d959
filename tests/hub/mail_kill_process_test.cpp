// SPDX-License-Identifier: AGPL-3.0-or-later
// kill -9 of hub and readers: no message that was kept is lost, and none is shown twice but what is
// marked `(again)`.
//
// Senders send to four agents, each with one message under way, which is sent again with the same
// key until the hub has accepted it. Beside each agent the real program reads: `inbox`, `wait`,
// `arm`. At a random moment the hub and the readers are killed, and the hub is started again on the
// same log. What the readers wrote until then is all that anybody was shown. After the last round
// each inbox is read to its end, and every message must have been shown and counts as seen.
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <sstream>
#include <stdexcept>

#include "support/catch.hpp"
#include "support/hub_process.hpp"
#include "support/seed.hpp"
#include "support/temp_dir.hpp"
#include "support/ws_peer.hpp"

namespace synapse::test {

namespace {

using Json = nlohmann::json;
using MailDice = std::mt19937_64;

constexpr unsigned agents_count = 4;
constexpr unsigned senders_count = 4;
constexpr unsigned mail_rounds_per_log = 20;

unsigned mail_rounds_wanted() {
  const char* given = std::getenv("SYNAPSE_MAIL_KILL_ROUNDS");
  return given == nullptr ? SYNAPSE_MAIL_KILL_ROUNDS_DEFAULT
                          : static_cast<unsigned>(std::stoul(given));
}

unsigned throw_dice(MailDice& dice, unsigned sides) {
  return static_cast<unsigned>(dice() % sides);
}

std::string agent_name(unsigned number) { return "shop/r" + std::to_string(number); }

// What became of one message.
struct MailFate {
  std::string recipient;
  std::uint64_t msg_id = 0;  // 0: not yet accepted.
  unsigned shown_plain = 0;
  unsigned shown_again = 0;
};

class MailLedger {
 public:
  void sent(const std::string& text, const std::string& recipient) {
    fates_[text].recipient = recipient;
  }
  void accepted(const std::string& text, std::uint64_t msg_id) {
    MailFate& fate = fates_.at(text);
    INFO("message " << text << " was accepted as " << fate.msg_id << " and as " << msg_id);
    CHECK((fate.msg_id == 0 || fate.msg_id == msg_id));
    fate.msg_id = msg_id;
  }
  // What a reader of that agent wrote. A line without its end was cut by the kill.
  void shown(const std::string& recipient, const std::string& output) {
    std::istringstream lines(output.substr(0, output.rfind('\n') + 1));
    for (std::string line; std::getline(lines, line);) {
      const std::size_t begin = line.rfind(": ");
      if (begin == std::string::npos) continue;
      const auto found = fates_.find(line.substr(begin + 2));
      if (found == fates_.end()) continue;
      MailFate& fate = found->second;
      INFO("to " << recipient << ": " << line);
      CHECK(fate.recipient == recipient);
      const bool is_marked = line.find("(again)") != std::string::npos;
      ++(is_marked ? fate.shown_again : fate.shown_plain);
      CHECK(fate.shown_plain <= 1);
    }
  }
  void check_all_were_shown() const {
    for (const auto& [text, fate] : fates_) {
      if (fate.msg_id == 0) continue;
      INFO("#" << fate.msg_id << " " << text << " to " << fate.recipient);
      CHECK(fate.shown_plain + fate.shown_again > 0);
    }
  }
  [[nodiscard]] std::size_t size() const { return fates_.size(); }

 private:
  std::map<std::string, MailFate> fates_;  // By text, which is unique.
};

// Has one message under way, over however many hubs it takes.
class MailSender {
 public:
  MailSender(unsigned number, MailLedger& ledger)
      : name_("shop/s" + std::to_string(number)), ledger_(ledger) {}

  void connect(std::uint16_t port, MailDice& dice) {
    peer_ = std::make_unique<WsPeer>(port);
    if (frame_.is_null()) next(dice);
    peer_->send_json(frame_);
  }

  // True: its message was accepted, and the next is under way.
  bool listen(MailDice& dice) {
    peer_->pump();
    if (!take_waiting()) return false;
    next(dice);
    peer_->send_json(frame_);
    return true;
  }

  // What was under way is either there or not: asked once more, it is there.
  void settle(std::uint16_t port) {
    if (frame_.is_null()) return;
    peer_ = std::make_unique<WsPeer>(port);
    peer_->send_json(frame_);
    const Json frame = peer_->receive_type("chat_accepted");
    ledger_.accepted(frame_.at("payload"), frame.at("msg_id"));
    peer_->close();
  }

  // All that was sent before the hub died.
  void drain() {
    try {
      while (peer_->pump(patience)) {
      }
    } catch (const std::runtime_error&) {
      // The stream ended inside a frame.
    }
    if (take_waiting()) frame_ = nullptr;
  }

  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  void next(MailDice& dice) {
    const std::string recipient = agent_name(throw_dice(dice, agents_count));
    const std::string text = name_ + "-" + std::to_string(++count_);
    ledger_.sent(text, recipient);
    frame_ = {{"sender", name_},
              {"type", "chat"},
              {"target", recipient},
              {"payload", text},
              {"receipt", true},
              {"idem_key", text},
              {"interest", {{"types", Json::array()}, {"chat", "none"}}}};
  }

  bool take_waiting() {
    bool accepted = false;
    while (peer_->waiting() > 0) {
      const Json frame = Json::parse(*peer_->receive());
      const std::string type = frame.at("type");
      if (type == "error") FAIL("the hub refused " << frame_ << " with " << frame);
      if (type != "chat_accepted") continue;
      ledger_.accepted(frame_.at("payload"), frame.at("msg_id"));
      accepted = true;
    }
    return accepted;
  }

  std::string name_;
  MailLedger& ledger_;
  std::unique_ptr<WsPeer> peer_;
  Json frame_;  // Under way; null: none.
  unsigned count_ = 0;
};

// The real program beside an agent, started anew whenever it has ended.
class MailReader {
 public:
  MailReader(std::string agent, std::uint16_t port, MailLedger& ledger)
      : agent_(std::move(agent)), port_(port), ledger_(ledger) {}

  void keep_running(MailDice& dice) {
    if (process_ && !process_->wait(std::chrono::milliseconds(0))) return;
    collect();
    process_ = std::make_unique<ChildProcess>(Command{words(throw_dice(dice, 4))});
  }
  void kill() {
    if (!process_) return;
    process_->send_signal(SIGKILL);
    REQUIRE(process_->wait(patience).has_value());
    collect();
  }
  // Reads until there is nothing more; says how often there was something.
  void read_all() {
    for (std::string out = "something"; !out.empty();) {
      const Finished done = run(Command{words(0)});
      INFO(done.err);
      REQUIRE(done.status->as_number() == 0);
      out = done.out;
      ledger_.shown(agent_, out);
    }
  }

 private:
  [[nodiscard]] std::vector<std::string> words(unsigned which) const {
    const std::string uri = "ws://127.0.0.1:" + std::to_string(port_);
    std::vector<std::string> words{program_under_test(), "inbox", "--name", agent_, "--uri", uri};
    if (which == 1) words.insert(words.end(), {"--wait", "5"});
    if (which == 2) words[1] = "wait";
    if (which == 3) words[1] = "arm";
    if (which == 3) words.insert(words.end(), {"--max-wakes", "1", "--mark-seen"});
    return words;
  }
  void collect() {
    if (process_) ledger_.shown(agent_, process_->out());
    process_.reset();
  }

  std::string agent_;
  std::uint16_t port_;
  MailLedger& ledger_;
  std::unique_ptr<ChildProcess> process_;
};

// One life of the hub: all work until a random moment, at which it and they are killed.
void live_and_die(HubProcess& hub, std::vector<MailSender>& senders,
                  std::vector<MailReader>& readers, MailDice& dice) {
  for (MailSender& sender : senders) sender.connect(hub.port(), dice);
  const unsigned accepted_wanted = throw_dice(dice, 60);
  const Deadline deadline(patience);
  for (unsigned accepted = 0; accepted < accepted_wanted && !deadline.passed();) {
    for (MailReader& reader : readers) reader.keep_running(dice);
    for (MailSender& sender : senders) accepted += sender.listen(dice) ? 1 : 0;
  }
  REQUIRE_FALSE(deadline.passed());
  // Readers die before the hub, after it, or with it.
  const unsigned order = throw_dice(dice, 2);
  if (order == 0) {
    for (MailReader& reader : readers) reader.kill();
  }
  hub.stop(SIGKILL);
  for (MailSender& sender : senders) sender.drain();
  for (MailReader& reader : readers) reader.kill();
}

// By the hub's word too, all that was accepted has been seen.
void check_all_are_seen(std::uint16_t port, const std::vector<MailSender>& senders) {
  for (const MailSender& sender : senders) {
    WsPeer peer(port);
    peer.send_json(
        {{"observe", true}, {"type", "sent_request"}, {"for", sender.name()}, {"limit", 1000}});
    const Json sent = peer.receive_type("sent_snapshot");
    for (const Json& message : sent.at("messages")) {
      INFO(message);
      for (const Json& recipient : message.at("recipients")) CHECK(recipient.at("state") == "seen");
    }
    peer.close();
  }
}

}  // namespace

TEST_CASE("messages outlive kills of hub and readers, and none is shown twice unmarked",
          "[hub][kill][mail]") {
  const std::uint64_t seed = first_seed();
  std::cout << "mail kill rounds start from seed " << seed << " (SYNAPSE_SIM_SEED)\n";
  MailDice dice(seed);
  const unsigned rounds = mail_rounds_wanted();
  for (unsigned round = 0; round < rounds;) {
    const TempDir folder;
    HubOptions options;
    options.arguments = {"--db", folder / "log.db"};
    HubProcess hub(options);
    MailLedger ledger;
    std::vector<MailSender> senders;
    for (unsigned i = 0; i < senders_count; ++i) senders.emplace_back(i, ledger);
    std::vector<MailReader> readers;
    for (unsigned i = 0; i < agents_count; ++i)
      readers.emplace_back(agent_name(i), hub.port(), ledger);
    for (unsigned i = 0; i < mail_rounds_per_log && round < rounds; ++i, ++round) {
      INFO("round " << round << " of seed " << seed);
      live_and_die(hub, senders, readers, dice);
      hub.start();
    }
    for (MailSender& sender : senders) sender.settle(hub.port());
    for (MailReader& reader : readers) reader.read_all();
    ledger.check_all_were_shown();
    check_all_are_seen(hub.port(), senders);
    CHECK(ledger.size() > 0);
    CHECK(hub.stop(SIGTERM).as_number() == 0);
  }
}

}  // namespace synapse::test
