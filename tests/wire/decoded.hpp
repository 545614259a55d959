// SPDX-License-Identifier: AGPL-3.0-or-later
// Short ways to decode a frame that must be good, or must be refused for one reason.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "support/catch.hpp"
#include "wire/decode.hpp"

namespace synapse::test {

[[nodiscard]] inline wire::Inbound decoded(std::string_view frame) {
  Result<wire::Inbound> inbound = wire::decode(frame);
  INFO(frame.substr(0, 400));
  if (!inbound) FAIL("refused: " << inbound.error().message);
  return std::move(*inbound);
}

// The fields of a request of one type, as `"a":1,"b":2`.
[[nodiscard]] inline std::string request(std::string_view type, std::string_view fields) {
  std::string frame = R"({"sender":"A","type":")" + std::string(type) + '"';
  if (!fields.empty()) frame += ',';
  return frame + std::string(fields) + '}';
}

template <class Wanted>
[[nodiscard]] Wanted command(std::string_view type, std::string_view fields) {
  const wire::Inbound inbound = decoded(request(type, fields));
  const auto* any = std::get_if<core::Command>(&inbound.body);
  REQUIRE(any != nullptr);
  const auto* wanted = std::get_if<Wanted>(any);
  REQUIRE(wanted != nullptr);
  return *wanted;
}

template <class Wanted>
[[nodiscard]] Wanted query(std::string_view type, std::string_view fields = {}) {
  const wire::Inbound inbound = decoded(request(type, fields));
  const auto* any = std::get_if<wire::Query>(&inbound.body);
  REQUIRE(any != nullptr);
  const auto* wanted = std::get_if<Wanted>(any);
  REQUIRE(wanted != nullptr);
  return *wanted;
}

// Why a frame is refused, if it is: as a whole, or as a request of its type.
[[nodiscard]] inline std::optional<Error> refused(std::string_view frame) {
  const Result<wire::Inbound> inbound = wire::decode(frame);
  if (!inbound) return inbound.error();
  const auto* query = std::get_if<wire::Query>(&inbound->body);
  if (query == nullptr || !std::holds_alternative<wire::BadRequest>(*query)) return std::nullopt;
  return std::get<wire::BadRequest>(*query).why;
}

// The wire name of the code that refuses a frame; "accepted" if nothing does.
[[nodiscard]] inline std::string refusal_of(std::string_view frame) {
  const std::optional<Error> why = refused(frame);
  return why ? std::string(base::wire_name(why->code)) : "accepted";
}

[[nodiscard]] inline std::string refusal_text(std::string_view frame) {
  const std::optional<Error> why = refused(frame);
  return why ? why->message : "accepted";
}

}  // namespace synapse::test
