// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/lite.hpp"

#include <cmath>

#include "base/assert.hpp"
#include "wire/fields.hpp"

namespace synapse::wire {

std::string encode_lite(std::string_view frame) {
  const Json object = Json::parse(frame, nullptr, false);
  SYNAPSE_ASSERT(object.is_object());  // Our own frame.
  const Fields fields(object);
  const double timestamp = fields.number("timestamp").value_or(0);
  nlohmann::ordered_json line;
  line["v"] = 1;
  line["i"] = fields.integer("msg_id").value_or(0);
  line["ty"] = fields.text("type");
  line["s"] = fields.text("sender");
  line["to"] = fields.text("target", "all");
  line["p"] = fields.at("payload").is_null() ? Json("") : fields.at("payload");
  line["t"] =
      std::fabs(timestamp) < 9e15 ? static_cast<std::int64_t>(std::llround(timestamp * 1000)) : 0;
  line["h"] = fields.text("hub_id");
  return line.dump(-1, ' ', true);
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
