// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/event_stream.hpp"

#include "mcp/http_stage.hpp"
#include "support/catch.hpp"

namespace synapse::mcp {

namespace {

std::string event(const std::string& id, const std::string& text) {
  return "event: message\nid: " + id + "\ndata: " + text + "\n\n";
}

Reply attach(EventStream& stream, std::optional<std::uint64_t> after = std::nullopt) {
  auto reply = std::make_shared<FakeReply>();
  stream.attach(reply, {200, "text/event-stream", "", {}}, after);
  return reply;
}

}  // namespace

TEST_CASE("an event's id names its stream and number, and nothing else is one", "[mcp][http]") {
  const auto id = parse_event_id("12-345");
  REQUIRE(id.has_value());
  CHECK(id->stream == 12);
  CHECK(id->number == 345);
  for (const char* wrong : {"", "-", "1", "1-", "-1", "1-2-3", "1 -2", "+1-2", "x-1", "1-x", " 1-1",
                            "99999999999999999999-1", "1-99999999999999999999"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_event_id(wrong).has_value());
  }
}

TEST_CASE("a reader gets events as they come", "[mcp][http]") {
  EventStream stream(3, EventStream::Greeting::none);
  const Reply reader = attach(stream);
  CHECK(reader->text.empty());
  stream.put("a");
  stream.put("b");
  CHECK(reader->take_text() == event("3-1", "a") + event("3-2", "b"));
  stream.finish();
  CHECK(reader->stage == Stage::ended);
}

TEST_CASE("what nobody read is sent to the next reader, and only once", "[mcp][http]") {
  EventStream stream(0, EventStream::Greeting::none);
  stream.put("a");
  stream.put("b");
  CHECK(attach(stream)->text == event("0-1", "a") + event("0-2", "b"));
  CHECK(attach(stream)->text.empty());
}

TEST_CASE("who comes back gets what came after the event that it saw", "[mcp][http]") {
  EventStream stream(0, EventStream::Greeting::none);
  const Reply first = attach(stream);
  stream.put("a");
  stream.put("b");
  stream.put("c");
  CHECK(attach(stream, 1)->text == event("0-2", "b") + event("0-3", "c"));
  CHECK(attach(stream, 3)->text.empty());
  CHECK(attach(stream, 0)->text.size() == 3 * event("0-1", "a").size());
  const Reply from_the_future = attach(stream, 99);
  CHECK(from_the_future->text.empty());
  stream.put("d");
  CHECK(from_the_future->text == event("0-4", "d"));
}

TEST_CASE("events that a lost reader was not sent are kept for the next", "[mcp][http]") {
  EventStream stream(0, EventStream::Greeting::none);
  const Reply lost = attach(stream);
  lost->has_left = true;  // Not told of yet.
  stream.put("a");
  stream.detach(lost.get());
  CHECK_FALSE(stream.is_attached());
  stream.put("b");
  CHECK(attach(stream)->text == event("0-1", "a") + event("0-2", "b"));
}

TEST_CASE("a new reader takes the place of the old one", "[mcp][http]") {
  EventStream stream(0, EventStream::Greeting::none);
  const Reply first = attach(stream);
  const Reply second = attach(stream);
  CHECK(first->stage == Stage::ended);
  stream.detach(first.get());
  CHECK(stream.is_attached());
  stream.put("a");
  CHECK(second->text == event("0-1", "a"));
}

TEST_CASE("an event that says the same as an older one takes its place", "[mcp][http]") {
  EventStream stream(0, EventStream::Greeting::none);
  stream.put("a");
  stream.put("b");
  stream.put("a");
  CHECK(attach(stream, 0)->text == event("0-2", "b") + event("0-3", "a"));
}

TEST_CASE("what is kept of a stream is bounded", "[mcp][http]") {
  EventStream stream(0, EventStream::Greeting::none);
  for (std::size_t i = 0; i < EventStream::events_max + 5; ++i)
    stream.put(std::to_string(1000 + i));
  CHECK(stream.kept_bytes() == 4 * EventStream::events_max);
  CHECK(attach(stream, 0)->text.starts_with(event("0-6", "1005")));
}

TEST_CASE("a greeting tells a reader where to go on", "[mcp][http]") {
  EventStream stream(5, EventStream::Greeting::primed);
  CHECK(attach(stream)->text == "id: 5-0\nretry: 1000\ndata: \n\n");
  stream.put("a");
  const std::string again = attach(stream, 0)->text;
  CHECK(again == "id: 5-0\nretry: 1000\ndata: \n\n" + event("5-1", "a"));
  CHECK(attach(stream)->text == "id: 5-1\nretry: 1000\ndata: \n\n");
}

TEST_CASE("a finished stream is sent again whole and ends", "[mcp][http]") {
  EventStream stream(5, EventStream::Greeting::none);
  stream.put("a");
  stream.finish();
  const Reply reader = attach(stream, 0);
  CHECK(reader->text == event("5-1", "a"));
  CHECK(reader->stage == Stage::ended);
  CHECK_FALSE(stream.is_attached());
}

TEST_CASE("a line that says nothing goes to the reader alone", "[mcp][http]") {
  EventStream stream(0, EventStream::Greeting::none);
  stream.keep_alive();
  const Reply reader = attach(stream);
  stream.keep_alive();
  CHECK(reader->text == ":\n\n");
}

}  // namespace synapse::mcp
