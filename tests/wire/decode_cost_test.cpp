// SPDX-License-Identifier: AGPL-3.0-or-later
// What decoding costs, counted in allocations and bytes allocated: the same on every machine.
#include <cstdlib>
#include <new>

#include "decoded.hpp"

using namespace synapse;
using namespace synapse::test;

namespace {

struct Cost {
  std::size_t calls = 0;
  std::size_t bytes = 0;
};

Cost spent;

Cost cost_of(const std::string& frame) {
  const Cost before = spent;
  const Result<wire::Inbound> inbound = wire::decode(frame);
  return {spent.calls - before.calls, spent.bytes - before.bytes};
}

// A megabyte of pieces, in an object.
std::string megabyte(const std::string& open, const std::string& close, std::size_t bytes,
                     std::string (*piece)(std::size_t)) {
  std::string frame = R"({"sender":"A","type":"chat","x":)" + open;
  for (std::size_t i = 0; frame.size() < bytes; ++i) {
    if (i != 0) frame += ',';
    frame += piece(i);
  }
  return frame + close + "}";
}

std::string key(std::size_t i) { return "\"k" + std::to_string(i) + "\":0"; }
std::string deep(std::size_t) { return std::string(60, '[') + std::string(60, ']'); }
std::string one_key(std::size_t) { return "\"k\":[]"; }
std::string member(std::size_t) { return "\"\""; }

}  // namespace

// Counting stands in for the global allocator of this test program alone.
void* operator new(std::size_t size) {
  ++spent.calls;
  spent.bytes += size;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

TEST_CASE("a megabyte that is too deep costs nothing but a look", "[wire][decode][cost]") {
  const Cost cost = cost_of(std::string(1U << 20U, '['));
  CHECK(cost.calls < 20);
  CHECK(cost.bytes < 10'000);
}

TEST_CASE("a megabyte of nested lists or of many keys costs what its bytes cost",
          "[wire][decode][cost]") {
  constexpr std::size_t chat_bytes = (1U << 20U) - (4U << 10U);
  struct Shape {
    const char* name;
    const char* open;
    const char* close;
    std::string (*piece)(std::size_t);
  };
  for (const Shape& shape : {Shape{"many keys", "{", "}", key}, Shape{"deep lists", "[", "]", deep},
                             Shape{"one key again and again", "{", "}", one_key},
                             Shape{"many members", "[", "]", member}}) {
    INFO(shape.name);
    const std::string frame = megabyte(shape.open, shape.close, chat_bytes, shape.piece);
    const std::string half = megabyte(shape.open, shape.close, chat_bytes / 2, shape.piece);
    REQUIRE(refusal_of(frame) == "accepted");
    const Cost whole = cost_of(frame);
    CHECK(whole.calls <= 3 * frame.size());
    CHECK(whole.bytes <= 64 * frame.size());
    // Linear: twice the frame, no more than twice the work and a little.
    const Cost of_half = cost_of(half);
    CHECK(whole.calls <= 22 * of_half.calls / 10 + 100);
    CHECK(whole.bytes <= 22 * of_half.bytes / 10 + 100'000);
  }
}

TEST_CASE("a digest costs as much again as the frame and no more", "[wire][decode][cost]") {
  std::string plain = megabyte("{", "}", 1U << 18U, key);
  plain.replace(plain.find("chat"), 4, "claim");
  std::string keyed = plain;
  keyed.insert(1, R"("idem_key":"k",)");
  CHECK(cost_of(keyed).calls <= 3 * cost_of(plain).calls + 100);
}
