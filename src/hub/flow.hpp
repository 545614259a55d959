// SPDX-License-Identifier: AGPL-3.0-or-later
// A function that may have to wait in its middle, for what the ordered log makes of an entry, and
// goes on from there: a coroutine that begins when it is awaited or started, and hands its result
// to the one that awaits it. Whoever holds the outermost flow holds all of it, and may drop it at
// any time while it waits; nothing of it runs after that.
//
// Knows no executor and no thread: it goes on inside of the call that resumes it.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace synapse::hub {

template <class T>
class Flow;

namespace flow_detail {

// What both kinds of promise share: the flow that goes on after this one.
struct PromiseBase {
  struct GoOn {
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
      const std::coroutine_handle<> next = ended.promise().continuation;
      return next ? next : std::noop_coroutine();
    }
    void await_resume() const noexcept {}
  };

  [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
  [[nodiscard]] GoOn final_suspend() const noexcept { return {}; }
  // No flow throws what its caller could make something of.
  [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }

  std::coroutine_handle<> continuation;
};

template <class T>
struct Promise : PromiseBase {
  [[nodiscard]] Flow<T> get_return_object();
  void return_value(T given) { value.emplace(std::move(given)); }

  std::optional<T> value;
};

template <>
struct Promise<void> : PromiseBase {
  [[nodiscard]] Flow<void> get_return_object();
  void return_void() const noexcept {}
};

}  // namespace flow_detail

template <class T = void>
class [[nodiscard]] Flow {
 public:
  using promise_type = flow_detail::Promise<T>;

  Flow() = default;
  explicit Flow(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  Flow(Flow&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Flow& operator=(Flow&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Flow() {
    if (handle_) handle_.destroy();
  }

  // Of the outermost one: runs until it has to wait, or to its end.
  void start() { handle_.resume(); }
  [[nodiscard]] bool is_done() const { return !handle_ || handle_.done(); }

  // Awaited by another flow, once.
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept {
    handle_.promise().continuation = caller;
    return handle_;
  }
  T await_resume() {
    if constexpr (!std::is_void_v<T>) return std::move(*handle_.promise().value);
  }

 private:
  std::coroutine_handle<promise_type> handle_;
};

namespace flow_detail {

template <class T>
Flow<T> Promise<T>::get_return_object() {
  return Flow<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}
inline Flow<void> Promise<void>::get_return_object() {
  return Flow<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}

}  // namespace flow_detail

}  // namespace synapse::hub
