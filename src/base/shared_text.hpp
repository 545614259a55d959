// SPDX-License-Identifier: AGPL-3.0-or-later
// Text that never changes and that several owners keep once between them: the body of a chat is in
// the history and in mailboxes at the same time, and a hundred thousand of them are what a hub has
// most of.
//
// One block of memory holds the count of owners, the size and the bytes, and a handle is a pointer:
// a std::string would take 32 bytes more a text, and a shared_ptr to one 80. Handles may be copied
// and dropped on any thread; one handle belongs to one thread at a time.
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <string_view>
#include <utility>

#include "base/assert.hpp"

namespace synapse::base {

class SharedText {
 public:
  SharedText() = default;
  // Any other text; a copy of it.
  template <class Text>
  requires(std::convertible_to<const Text&, std::string_view> && !std::same_as<Text, SharedText>)
      SharedText(const Text& text)
      : block_(make(text)) {}  // NOLINT(google-explicit-constructor)
  SharedText(const SharedText& other) : block_(other.block_) {
    if (block_ != nullptr) block_->owners.fetch_add(1, std::memory_order_relaxed);
  }
  SharedText(SharedText&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  SharedText& operator=(SharedText other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~SharedText() { drop(); }

  [[nodiscard]] std::string_view view() const {
    return block_ == nullptr ? std::string_view() : std::string_view(bytes(block_), block_->size);
  }
  operator std::string_view() const { return view(); }  // NOLINT(google-explicit-constructor)
  [[nodiscard]] std::size_t size() const { return view().size(); }
  [[nodiscard]] bool empty() const { return block_ == nullptr; }

  template <class Text>
  requires std::convertible_to<const Text&, std::string_view>
  friend bool operator==(const SharedText& a, const Text& b) {
    return a.view() == std::string_view(b);
  }

 private:
  struct Block {
    std::atomic<std::uint32_t> owners;
    std::uint32_t size;
  };

  static char* bytes(Block* block) { return reinterpret_cast<char*>(block + 1); }
  // Blank: no block at all.
  static Block* make(std::string_view text) {
    if (text.empty()) return nullptr;
    SYNAPSE_ASSERT(text.size() <= std::numeric_limits<std::uint32_t>::max());
    void* memory = ::operator new(sizeof(Block) + text.size());
    auto* block = new (memory) Block{1, static_cast<std::uint32_t>(text.size())};
    std::memcpy(bytes(block), text.data(), text.size());
    return block;
  }
  void drop() noexcept {
    if (block_ == nullptr || block_->owners.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    block_->~Block();
    ::operator delete(block_);
  }

  Block* block_ = nullptr;
};

}  // namespace synapse::base

namespace synapse {
using base::SharedText;
}  // namespace synapse
