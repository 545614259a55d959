// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/line_writer.hpp"

#include <condition_variable>
#include <mutex>

#include "support/catch.hpp"
#include "support/deadline.hpp"

namespace synapse::test {

namespace {

// A relay file that takes nothing until it is let go.
class StalledFile {
 public:
  store::LineWriter::Append append() {
    return [state = state_](const std::vector<std::string>& lines) -> Result<> {
      std::unique_lock lock(state->mutex);
      state->is_asked = true;
      state->changed.notify_all();
      state->changed.wait(lock, [&] { return state->is_open; });
      state->lines.insert(state->lines.end(), lines.begin(), lines.end());
      return state->answer;
    };
  }
  void wait_until_asked() const {
    std::unique_lock lock(state_->mutex);
    state_->changed.wait(lock, [this] { return state_->is_asked; });
  }
  void open(Result<> answer = {}) const {
    const std::lock_guard lock(state_->mutex);
    state_->is_open = true;
    state_->answer = std::move(answer);
    state_->changed.notify_all();
  }
  [[nodiscard]] std::vector<std::string> lines() const {
    const std::lock_guard lock(state_->mutex);
    return state_->lines;
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    bool is_asked = false;
    bool is_open = false;
    Result<> answer;
    std::vector<std::string> lines;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

// What a hub says, from any of its threads.
struct Said {
  std::mutex mutex;
  std::string text;
  store::Say say{[this](store::Severity, const std::string& line) {
    const std::lock_guard lock(mutex);
    text += line + "\n";
  }};
  std::string all() {
    const std::lock_guard lock(mutex);
    return text;
  }
};

using Lines = std::vector<std::string>;
constexpr std::chrono::milliseconds no_time{0};

}  // namespace

TEST_CASE("lines for a relay file that stalls are kept up to a bound, then dropped and counted",
          "[store][relay]") {
  Said said;
  StalledFile file;
  store::LineWriter writer(file.append(), said.say, {3, 100});
  writer.add({"0"});
  file.wait_until_asked();
  writer.add({"1", "2", "3", "4"});
  writer.add({"5"});
  CHECK(writer.dropped() == 2);
  CHECK_THAT(said.all(), Catch::Contains("lines are dropped"));
  file.open();
  REQUIRE(
      eventually(patience, [&] { return said.all().find("lacks 2 lines") != std::string::npos; }));
  writer.add({"6"});
  writer.stop(std::chrono::seconds(10));
  CHECK(file.lines() == Lines{"0", "1", "2", "3", "6"});
  CHECK(writer.dropped() == 2);
}

TEST_CASE("the bytes of waiting lines are bounded, too", "[store][relay]") {
  Said said;
  StalledFile file;
  store::LineWriter writer(file.append(), said.say, {100, 10});
  writer.add({"0"});
  file.wait_until_asked();
  writer.add({"123456", "789012", "3456"});
  CHECK(writer.dropped() == 1);
  file.open();
  writer.stop(std::chrono::seconds(10));
  CHECK(file.lines() == Lines{"0", "123456", "3456"});
}

TEST_CASE("a stalled relay file holds up nobody who stops the hub", "[store][relay]") {
  Said said;
  StalledFile file;
  {
    store::LineWriter writer(file.append(), said.say);
    writer.add({"0"});
    file.wait_until_asked();
    writer.stop(no_time);
    CHECK_THAT(said.all(), Catch::Contains("stops without its last lines"));
  }
  file.open();  // What was left behind ends by itself.
}

TEST_CASE("a relay file that can't be written ends, with one message", "[store][relay]") {
  Said said;
  StalledFile file;
  file.open(fail(ErrorCode::disk_full, "the disk is full"));
  store::LineWriter writer(file.append(), said.say);
  writer.add({"0"});
  REQUIRE(eventually(patience, [&] { return !said.all().empty(); }));
  writer.add({"1"});
  writer.stop(std::chrono::seconds(10));
  CHECK(file.lines() == Lines{"0"});
  CHECK_THAT(said.all(), Catch::Contains("the disk is full; the relay file ends here"));
}

}  // namespace synapse::test
