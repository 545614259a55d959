// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/lite.hpp"

#include <cmath>

#include "base/assert.hpp"
#include "wire/fields.hpp"
#include "wire/json_writer.hpp"

namespace synapse::wire {

std::string encode_lite(std::string_view frame) {
  const Json object = Json::parse(frame, nullptr, false);
  SYNAPSE_ASSERT(object.is_object());  // Our own frame.
  const Fields fields(object);
  const double timestamp = fields.number("timestamp").value_or(0);
  const double milliseconds = std::fabs(timestamp) < 9e15 ? std::round(timestamp * 1000) : 0;
  const auto ascii = [](const Json& value) { return json_text(value, JsonLayout::ascii_line); };
  const Json& payload = fields.at("payload");
  return JsonWriter()
      .begin_object()
      .field("v", std::int64_t{1})
      .field("i", fields.integer("msg_id").value_or(0))
      .key("ty")
      .raw(ascii(fields.text("type")))
      .key("s")
      .raw(ascii(fields.text("sender")))
      .key("to")
      .raw(ascii(fields.text("target", "all")))
      .key("p")
      .raw(payload.is_null() ? "\"\"" : ascii(payload))
      .field("t", static_cast<std::int64_t>(milliseconds))
      .key("h")
      .raw(ascii(fields.text("hub_id")))
      .end_object()
      .take();
}

std::optional<LiteLine> decode_lite(std::string_view line) {
  const Json object = Json::parse(line, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  const Fields fields(object);
  if (fields.integer("v").value_or(1) != 1) return std::nullopt;
  return LiteLine{fields.integer("i").value_or(0),
                  fields.text("ty"),
                  fields.text("s"),
                  fields.text("to", "all"),
                  fields.text("p"),
                  fields.number("t").value_or(0) / 1000,
                  fields.text("h")};
}

}  // namespace synapse::wire
