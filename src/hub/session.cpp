// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/session.hpp"

#include "synapse/protocol.hpp"
#include "wire/decode.hpp"

namespace synapse::hub {

Heard hear(std::string_view text) {
  return std::make_unique<Result<wire::Inbound>>(wire::decode(text));
}

void Session::message(std::string_view text) {
  arrivals->arrive({Arrival::Kind::spoke, shared_from_this(), hear(text), text.size()});
}

void Session::written(net::WrittenMark mark) {
  arrivals->arrive({Arrival::Kind::wrote, shared_from_this(), nullptr, 0, {}, MessageId{mark}});
}

void Session::closed(std::uint16_t code) {
  const bool is_said = code == static_cast<std::uint16_t>(protocol::CloseCode::normal);
  arrivals->arrive({Arrival::Kind::closed, shared_from_this(), nullptr, 0,
                    is_said ? core::Parting::closed : core::Parting::lost});
}

}  // namespace synapse::hub
