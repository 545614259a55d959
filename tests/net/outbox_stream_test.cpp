// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/outbox_stream.hpp"

#include <boost/asio/io_context.hpp>

#include "support/catch.hpp"

using namespace synapse::net;

namespace {

// Writes as the WebSocket library does.
void write(Outbox& outbox, const std::string& bytes) {
  boost::asio::io_context io;
  OutboxStream stream(
      ServerStream(ServerStream::Socket(io)), outbox, [] {}, "");
  stream.async_write_some(boost::asio::buffer(bytes),
                          [&bytes](boost::system::error_code error, std::size_t written) {
                            CHECK_FALSE(error);
                            CHECK(written == bytes.size());
                          });
  CHECK(io.run() == 1);
}

}  // namespace

TEST_CASE("no frame follows a close that the library writes by itself", "[net][outbox]") {
  Outbox outbox({});
  write(outbox, "\x88\x02\x03\xf1");
  CHECK(outbox.put(text_frame("late")) == Outbox::Put::closed);
}

TEST_CASE("frames follow a pong and the answer to the upgrade", "[net][outbox]") {
  Outbox outbox({});
  write(outbox, "HTTP/1.1 101 Switching Protocols\r\n\r\n");
  write(outbox, "\x8a\x01x");
  CHECK(outbox.put(text_frame("next")) == Outbox::Put::queued);
}
