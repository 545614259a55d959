// SPDX-License-Identifier: AGPL-3.0-or-later
// Who is visited by a broadcast.
#include "hub/sockets.hpp"

#include "hub/engine_rig.hpp"
#include "support/catch.hpp"

namespace synapse::test {

namespace {

hub::SharedSession enter(hub::Sockets& sockets) {
  auto session = std::make_shared<hub::Session>(std::make_shared<FakeConnection>("10.0.0.1"));
  session->host = "10.0.0.1";
  sockets.add(session, Mono(0));
  return session;
}

wire::Interest in(const char* type, wire::Interest::Chat chat = wire::Interest::Chat::none) {
  wire::Interest interest;
  interest.types.insert(type);
  interest.chat = chat;
  return interest;
}

using List = hub::Sockets::List;

}  // namespace

TEST_CASE("a broadcast visits those that take all and those that asked for its type",
          "[hub][sockets]") {
  hub::Sockets sockets({}, hub::Sockets::Entrance::open);
  const auto a = enter(sockets);
  const auto b = enter(sockets);
  const auto c = enter(sockets);
  CHECK(sockets.unchoosy() == List{a.get(), b.get(), c.get()});
  sockets.set_interest(*b, in("claim_granted"));
  sockets.set_interest(*c, in("claim_granted", wire::Interest::Chat::addressed));
  CHECK(sockets.unchoosy() == List{a.get()});
  CHECK(sockets.wanting("claim_granted") == List{b.get(), c.get()});
  CHECK(sockets.wanting("chat") == List{c.get()});
  CHECK(sockets.wanting("release_granted").empty());
  sockets.set_interest(*b, in("release_granted"));
  CHECK(sockets.wanting("claim_granted") == List{c.get()});
  sockets.end(*c);
  CHECK(sockets.wanting("claim_granted").empty());
  CHECK(sockets.wanting("chat").empty());
}

TEST_CASE("a socket that has yet to authenticate is visited by nothing", "[hub][sockets]") {
  hub::Sockets sockets({}, hub::Sockets::Entrance::guarded);
  const auto a = enter(sockets);
  CHECK(sockets.unchoosy().empty());
  sockets.set_interest(*a, in("chat", wire::Interest::Chat::all));
  sockets.authenticate(*a);
  CHECK(sockets.unchoosy().empty());
  CHECK(sockets.wanting("chat") == List{a.get()});
}

}  // namespace synapse::test
