// SPDX-License-Identifier: AGPL-3.0-or-later
// A value that one thread keeps up to date and others look at.
#pragma once

#include <mutex>
#include <utility>

namespace synapse::net {

template <class Value>
class Latest {
 public:
  [[nodiscard]] Value get() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }
  // From the one thread that does.
  void set(Value value) {
    const std::lock_guard lock(mutex_);
    value_ = std::move(value);
  }

 private:
  mutable std::mutex mutex_;
  Value value_{};
};

}  // namespace synapse::net
