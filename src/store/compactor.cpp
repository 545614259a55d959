// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/compactor.hpp"

#include <algorithm>
#include <utility>

#include "base/quiet_thread.hpp"
#include "store/compaction.hpp"

namespace synapse::store {

namespace {

constexpr std::chrono::seconds look_interval{1};
// A log that another program holds is left alone until the next look.
constexpr std::chrono::milliseconds compactor_patience{500};

// Of the size, what findings may take that are older than the history that is kept.
constexpr std::uint64_t finding_share = 4;

std::string megabytes(std::uint64_t bytes) { return std::to_string((bytes + 500'000) / 1'000'000); }

}  // namespace

Compactor::Compactor(CompactorOptions options, const base::Clock& clock, Say say)
    : options_(std::move(options)),
      clock_(clock),
      say_(std::move(say)),
      threshold_(options_.bytes_max),
      thread_(base::quiet_thread([this] { run(); })) {}

Compactor::~Compactor() {
  quit();
  thread_.join();
}

void Compactor::quit() {
  {
    const std::lock_guard lock(mutex_);
    is_quitting_ = true;
  }
  changed_.notify_one();
}

bool Compactor::is_quitting() {
  const std::lock_guard lock(mutex_);
  return is_quitting_;
}

void Compactor::run() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, look_interval, [this] { return is_quitting_; })) {
    lock.unlock();
    look();
    lock.lock();
  }
}

void Compactor::look() {
  const Result<LogSize> size = log_size(options_.file);
  if (!size || size->used < threshold_) return;
  options_.prepare();
  compact_now(size->used);
  if (options_.tidy_up) options_.tidy_up();
}

void Compactor::compact_now(std::uint64_t used) {
  CompactionPolicy policy;
  policy.consumed = CompactionPolicy::Everything{};
  policy.keep_history = options_.keep_history;
  policy.limits = options_.limits;
  // Nothing else ever takes a finding: without these the log would outgrow any size.
  policy.finding_grace = options_.keep_history;
  policy.old_finding_bytes_max = static_cast<std::size_t>(options_.bytes_max / finding_share);
  policy.renewals = CompactionPolicy::Renewals::leave;
  policy.patience = compactor_patience;
  policy.go_on = [this](const CompactionProgress&) { return !is_quitting(); };
  const Result<CompactionResult> result = compact(options_.file, policy, clock_.now().wall);
  if (!result) {
    if (!std::exchange(is_failing_, true)) {
      say_(Severity::warning, "the log can't be compacted: " + result.error().message);
    }
    return;
  }
  is_failing_ = false;
  const Result<LogSize> left = log_size(options_.file);
  const std::uint64_t after = left ? left->used : used;
  threshold_ = std::max(options_.bytes_max, after + after / 4);
  std::string text = "compacted the log: " + std::to_string(result->total()) + " events removed, " +
                     megabytes(after) + " of " + megabytes(used) + " MB in use";
  if (after >= options_.bytes_max) {
    text += result->held_back_by
                ? "; reader '" + *result->held_back_by + "' has yet to read the rest"
                : "; the rest is needed, or younger than the history that is kept";
  }
  say_(Severity::info, text);
}

}  // namespace synapse::store
