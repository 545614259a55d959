// SPDX-License-Identifier: AGPL-3.0-or-later
#include "client/requests.hpp"

#include "support/catch.hpp"

namespace synapse::client {
namespace {

using namespace std::chrono_literals;
using Time = Requests::Time;

// The requests of an agent `A` at a time that only moves when told to.
struct Desk {
  Requests requests;
  Time now{};
  std::vector<std::string> answers;  // "NAME: granted", or what went wrong.

  Requests::Id ask(const std::string& name, Json frame,
                   Requests::Lifetime lifetime = Requests::Lifetime::agent) {
    return requests.add(std::move(frame), lifetime, now, 5s, [this, name](Result<Reply> reply) {
      answers.push_back(name + ": " +
                        (!reply           ? std::string(wire_name(reply.error().code))
                         : reply->granted ? "granted"
                                          : "refused"));
    });
  }
  Requests::Id send(const std::string& name, Json frame) {
    const Requests::Id id = ask(name, std::move(frame));
    requests.sent(id);
    return id;
  }
  bool take(Json frame) {
    return requests.take(std::make_shared<const Json>(std::move(frame)), "A");
  }
};

const Json board{{"type", "board_request"}};
const Json board_answer{{"type", "board_snapshot"}};

Json claim(const std::string& task) { return {{"type", "claim"}, {"task_id", task}}; }
Json waiting_claim(const std::string& task) {
  return {{"type", "claim"},
          {"task_id", task},
          {"wait", true},
          {"wait_seconds", 60.0},
          {"idem_key", "k"}};
}
Json grant(const std::string& task) {
  return {{"type", "claim_granted"}, {"task_id", task}, {"owner", "A"}};
}

}  // namespace

TEST_CASE("like requests are answered the oldest first", "[client][requests]") {
  Desk desk;
  desk.send("one", board);
  desk.send("two", board);
  CHECK(desk.take(board_answer));
  CHECK(desk.answers == std::vector<std::string>{"one: granted"});
  CHECK(desk.take(board_answer));
  CHECK(desk.answers.back() == "two: granted");
  CHECK_FALSE(desk.take(board_answer));
}

TEST_CASE("an answer finds its request whatever was asked between", "[client][requests]") {
  Desk desk;
  desk.send("T1", claim("T1"));
  desk.send("T2", claim("T2"));
  CHECK(desk.take(grant("T2")));
  CHECK(desk.take({{"type", "claim_denied"}, {"task_id", "T1"}}));
  CHECK(desk.answers == std::vector<std::string>{"T2: granted", "T1: refused"});
}

TEST_CASE("what has not been sent is not answered", "[client][requests]") {
  Desk desk;
  const Requests::Id id = desk.ask("one", board);
  CHECK_FALSE(desk.take(board_answer));
  CHECK(desk.requests.unsent() == std::vector<Requests::Id>{id});
  desk.requests.sent(id);
  CHECK(desk.requests.unsent().empty());
  CHECK(desk.take(board_answer));
}

TEST_CASE("an error that does not say what it answers is the oldest request's",
          "[client][requests]") {
  Desk desk;
  desk.send("update", {{"type", "task_update"}, {"task_id", "T"}});
  desk.send("board", board);
  CHECK(desk.take({{"type", "error"}, {"payload", "no"}}));
  CHECK(desk.answers == std::vector<std::string>{"update: refused"});
  CHECK(desk.take({{"type", "error"}, {"in_reply_to", "board_request"}}));
  CHECK(desk.answers.back() == "board: refused");
  CHECK_FALSE(desk.take({{"type", "error"}, {"payload", "no"}}));
}

TEST_CASE("an error passes a claim by that waits in the queue", "[client][requests]") {
  Desk desk;
  desk.send("claim", waiting_claim("T"));
  CHECK_FALSE(desk.take({{"type", "claim_queued"}, {"task_id", "T"}, {"position", 1}}));
  desk.send("update", {{"type", "task_update"}, {"task_id", "U"}});
  CHECK(desk.take({{"type", "error"}}));
  CHECK(desk.take(grant("T")));
  CHECK(desk.answers == std::vector<std::string>{"update: refused", "claim: granted"});
}

TEST_CASE("a release that takes a queued claim back answers both", "[client][requests]") {
  Desk desk;
  desk.send("claim", waiting_claim("T"));
  CHECK_FALSE(desk.take({{"type", "claim_queued"}, {"task_id", "T"}}));
  desk.send("release", {{"type", "release"}, {"task_id", "T"}});
  CHECK(
      desk.take({{"type", "release_granted"}, {"task_id", "T"}, {"owner", "A"}, {"queued", true}}));
  CHECK(desk.answers == std::vector<std::string>{"claim: refused", "release: granted"});
}

TEST_CASE("a request that is not answered in time is told so, a waiting claim after its wait",
          "[client][requests]") {
  Desk desk;
  desk.send("board", board);
  desk.send("claim", waiting_claim("T"));
  desk.ask("unsent", board);
  CHECK(desk.requests.next_deadline() == desk.now + 5s);
  desk.requests.expire(desk.now + 5s - 1ns);
  CHECK(desk.answers.empty());
  desk.requests.expire(desk.now + 5s);
  CHECK(desk.answers == std::vector<std::string>{"board: timed_out", "unsent: timed_out"});
  CHECK(desk.requests.next_deadline() == desk.now + 65s);
  desk.requests.expire(desk.now + 65s);
  CHECK(desk.answers.back() == "claim: timed_out");
  CHECK_FALSE(desk.requests.next_deadline());
}

TEST_CASE("a late answer is not taken for that of a later request of its kind",
          "[client][requests]") {
  Desk desk;
  desk.send("early", claim("T"));
  desk.requests.expire(desk.now + 5s);
  desk.now += 5s;
  desk.send("later", claim("T"));
  // The news is still news to somebody.
  CHECK_FALSE(desk.take({{"type", "claim_denied"}, {"task_id", "T"}}));
  CHECK(desk.answers == std::vector<std::string>{"early: timed_out"});
  CHECK(desk.take(grant("T")));
  CHECK(desk.answers.back() == "later: granted");
}

TEST_CASE("marks of requests that were given up end with their connection, and are bounded",
          "[client][requests]") {
  Desk desk;
  desk.send("early", board);
  desk.requests.expire(desk.now + 5s);
  desk.requests.disconnected(desk.now + 5s);
  desk.send("later", board);
  CHECK(desk.take(board_answer));
  CHECK(desk.answers.back() == "later: granted");

  for (int i = 0; i < 1000; ++i) desk.send("old", board);
  desk.requests.expire(desk.now + 5s);
  int marks = 0;
  desk.send("new", board);
  while (desk.answers.back() != "new: granted" && marks <= 1000) {
    static_cast<void>(desk.take(board_answer));
    ++marks;
  }
  CHECK(marks == 257);
}

TEST_CASE("after a loss the agent's requests are unsent again and its own questions are gone",
          "[client][requests]") {
  Desk desk;
  const Requests::Id id = desk.send("claim", claim("T"));
  const Requests::Id own =
      desk.ask("who", {{"type", "who_request"}}, Requests::Lifetime::connection);
  desk.requests.sent(own);
  desk.requests.disconnected(desk.now);
  CHECK(desk.requests.unsent() == std::vector<Requests::Id>{id});
  CHECK(desk.requests.frame_of(own) == nullptr);
  CHECK_FALSE(desk.take(grant("T")));
  CHECK(desk.answers.empty());
}

TEST_CASE(
    "a claim that waits is the same request on the next connection, for the time that is left",
    "[client][requests]") {
  Desk desk;
  const Requests::Id queued = desk.send("queued", waiting_claim("T"));
  CHECK_FALSE(desk.take({{"type", "claim_queued"}, {"task_id", "T"}}));
  const Requests::Id unanswered = desk.send("unanswered", waiting_claim("U"));
  desk.requests.disconnected(desk.now + 20s);
  Json again = waiting_claim("T");
  again["wait_seconds"] = 40.0;
  CHECK(*desk.requests.frame_of(queued) == again);
  // The hub may have granted this one: it must be the same request.
  CHECK(*desk.requests.frame_of(unanswered) == waiting_claim("U"));
}

TEST_CASE("a chat among those that were missed answers the request that sent it",
          "[client][requests]") {
  Desk desk;
  desk.send("chat", {{"type", "chat"}, {"payload", "hi"}, {"idem_key", "k"}});
  desk.requests.disconnected(desk.now);
  const auto chat = [](const char* sender, const char* key) {
    return std::make_shared<const Json>(
        Json{{"type", "chat"}, {"sender", sender}, {"payload", "hi"}, {"idem_key", key}});
  };
  CHECK_FALSE(desk.requests.take_resumed(chat("A", "other"), "A"));
  CHECK_FALSE(desk.requests.take_resumed(chat("B", "k"), "A"));
  CHECK(desk.requests.take_resumed(chat("A", "k"), "A"));
  CHECK(desk.answers == std::vector<std::string>{"chat: granted"});
  CHECK(desk.requests.unsent().empty());
}

TEST_CASE("all requests, or one, can be failed", "[client][requests]") {
  Desk desk;
  const Requests::Id one = desk.send("one", board);
  desk.send("two", board);
  desk.ask("three", board);
  desk.requests.fail_one(one, fail(ErrorCode::io_error));
  CHECK(desk.answers == std::vector<std::string>{"one: io_error"});
  desk.requests.fail_all(fail(ErrorCode::closed));
  CHECK(desk.answers == std::vector<std::string>{"one: io_error", "two: closed", "three: closed"});
  CHECK_FALSE(desk.take(board_answer));
}

}  // namespace synapse::client
