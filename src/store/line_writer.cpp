// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/line_writer.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "base/quiet_thread.hpp"

namespace synapse::store {

struct LineWriter::Shared {
  Append append;
  LineBounds bounds;

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::string> queue;
  std::size_t bytes = 0;
  std::uint64_t dropped = 0;       // In all.
  std::uint64_t dropped_told = 0;  // Of those, the ones that a message has counted.
  bool is_dropping = false;        // And it was said.
  bool has_failed = false;
  bool is_stopping = false;
  bool is_done = false;
  Say say;  // Nothing once the thread is left to itself.

  void warn(const std::string& sentence) const {
    if (say) say(Severity::warning, sentence);
  }
  std::vector<std::string> take() {
    bytes = 0;
    std::vector<std::string> lines(std::make_move_iterator(queue.begin()),
                                   std::make_move_iterator(queue.end()));
    queue.clear();
    return lines;
  }
  void caught_up() {
    if (!std::exchange(is_dropping, false)) return;
    warn("the relay file goes on; it lacks " + std::to_string(dropped - dropped_told) + " lines");
    dropped_told = dropped;
  }
};

LineWriter::LineWriter(Append append, Say say, const LineBounds& bounds)
    : shared_(std::make_shared<Shared>()) {
  shared_->append = std::move(append);
  shared_->bounds = bounds;
  shared_->say = std::move(say);
  thread_ = base::quiet_thread([shared = shared_] { run(shared); });
}

void LineWriter::add(std::vector<std::string> lines) {
  Shared& shared = *shared_;
  {
    const std::lock_guard lock(shared.mutex);
    if (shared.has_failed || shared.is_stopping) return;
    for (std::string& line : lines) {
      if (shared.queue.size() < shared.bounds.lines &&
          shared.bytes + line.size() <= shared.bounds.bytes) {
        shared.bytes += line.size();
        shared.queue.push_back(std::move(line));
        continue;
      }
      ++shared.dropped;
      if (std::exchange(shared.is_dropping, true)) continue;
      shared.warn("the relay file can't be written as fast as there is to tell: lines are dropped");
    }
  }
  shared.changed.notify_one();
}

void LineWriter::run(const std::shared_ptr<Shared>& shared) {
  std::unique_lock lock(shared->mutex);
  while (!shared->has_failed) {
    shared->changed.wait(lock, [&] { return !shared->queue.empty() || shared->is_stopping; });
    if (shared->queue.empty()) break;
    const std::vector<std::string> lines = shared->take();
    lock.unlock();
    const Result<> written = shared->append(lines);
    lock.lock();
    if (written) {
      shared->caught_up();
      continue;
    }
    shared->has_failed = true;
    shared->take();
    if (shared->say) {
      shared->say(Severity::error, written.error().message + "; the relay file ends here");
    }
  }
  shared->is_done = true;
  shared->changed.notify_all();
}

void LineWriter::stop(std::chrono::milliseconds patience) {
  if (!thread_.joinable()) return;
  std::unique_lock lock(shared_->mutex);
  shared_->is_stopping = true;
  shared_->changed.notify_all();
  const bool is_done =
      shared_->changed.wait_for(lock, patience, [this] { return shared_->is_done; });
  if (!is_done) {
    shared_->warn("the relay file can't be written: the hub stops without its last lines");
    shared_->say = nullptr;
  }
  lock.unlock();
  if (is_done) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

std::uint64_t LineWriter::dropped() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->dropped;
}

}  // namespace synapse::store
