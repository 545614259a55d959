// SPDX-License-Identifier: AGPL-3.0-or-later
#include "past/desk.hpp"

#include <algorithm>
#include <future>

#include "store/sqlite_store.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace synapse;
using namespace synapse::test;

namespace {

constexpr std::chrono::seconds long_enough{60};

// Time that is not told before the test wants it, which holds the desk up.
class HeldClock final : public base::Clock {
 public:
  [[nodiscard]] Moment now() const override {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return is_free_; });
    return {1e9, Mono(0)};
  }
  void wait_until_asked() const {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, long_enough, [this] { return waiting_ > 0; }));
  }
  void let_go() {
    const std::lock_guard lock(mutex_);
    is_free_ = true;
    changed_.notify_all();
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  mutable int waiting_ = 0;
  bool is_free_ = false;
};

// What the desk has told, from its thread.
class Heard {
 public:
  void operator()(past::Answer answer) {
    const std::lock_guard lock(mutex_);
    answers_.push_back(std::move(answer));
    changed_.notify_all();
  }
  // When there are so many.
  [[nodiscard]] std::vector<SessionId> sessions(std::size_t count) {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, long_enough, [&] { return answers_.size() >= count; }));
    std::vector<SessionId> sessions;
    for (const past::Answer& answer : answers_) {
      CHECK(answer.frame.has_value());
      sessions.push_back(answer.session);
    }
    return sessions;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<past::Answer> answers_;
};

past::Question question(std::uint64_t session) {
  past::Question made;
  made.session = SessionId{session};
  made.type = "at_request";
  made.max_bytes = 1UL << 20U;
  return made;
}

struct Office {
  Office() {
    const auto log = store::SqliteStore::open(folder / "hub.db");
    REQUIRE(log.has_value());
    REQUIRE((*log)->append({}).has_value());
  }
  TempDir folder;
  HeldClock clock;
  Heard told;
};

}  // namespace

TEST_CASE("a socket has one question under way, and so many wait for their turn", "[past][desk]") {
  Office room;
  past::Desk desk(room.folder / "hub.db", past::Desk::Log::written, "syn-1", room.clock,
                  [&](past::Answer answer) { room.told(std::move(answer)); });
  CHECK_FALSE(desk.ask(question(1)));
  room.clock.wait_until_asked();
  const auto again = desk.ask(question(1));
  REQUIRE(again);
  CHECK(again->error.code == ErrorCode::rate_limited);
  for (std::uint64_t session = 2; session < 2 + past::Desk::waiting_max; ++session) {
    CHECK_FALSE(desk.ask(question(session)));
  }
  const auto crowded = desk.ask(question(1000));
  REQUIRE(crowded);
  CHECK(crowded->error.code == ErrorCode::rate_limited);
  // One that goes makes room.
  desk.forget(SessionId{2});
  CHECK_FALSE(desk.ask(question(1000)));
  room.clock.let_go();
  const std::vector<SessionId> answered = room.told.sessions(1 + past::Desk::waiting_max);
  CHECK(answered.front() == SessionId{1});
  CHECK(answered.back() == SessionId{1000});
  CHECK(std::find(answered.begin(), answered.end(), SessionId{2}) == answered.end());
}

TEST_CASE("a socket that is gone is told no answer, not even of a question under way",
          "[past][desk]") {
  Office room;
  past::Desk desk(room.folder / "hub.db", past::Desk::Log::written, "syn-1", room.clock,
                  [&](past::Answer answer) { room.told(std::move(answer)); });
  CHECK_FALSE(desk.ask(question(1)));
  room.clock.wait_until_asked();
  desk.forget(SessionId{1});
  CHECK_FALSE(desk.ask(question(2)));
  room.clock.let_go();
  CHECK(room.told.sessions(1) == std::vector<SessionId>{SessionId{2}});
}

TEST_CASE("a log that is not there is an answer too", "[past][desk]") {
  const TempDir folder;
  const base::SystemClock clock;
  std::promise<ErrorCode> told;
  past::Desk desk(folder / "none.db", past::Desk::Log::written, "syn-1", clock,
                  [&](const past::Answer& answer) { told.set_value(answer.frame.error().code); });
  CHECK_FALSE(desk.ask(question(1)));
  std::future<ErrorCode> code = told.get_future();
  REQUIRE(code.wait_for(long_enough) == std::future_status::ready);
  CHECK(code.get() == ErrorCode::io_error);
}
