// SPDX-License-Identifier: AGPL-3.0-or-later
// The lite relay format: broadcasts mirrored into a file, one compact ASCII JSON line each, for
// readers without a connection. `v` 1, `i` msg_id (0 if none), `ty` type, `s` sender, `to` target,
// `p` payload, `t` timestamp in whole milliseconds, `h` hub_id.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace synapse::wire {

struct LiteLine {
  std::int64_t message_id = 0;
  std::string type;
  std::string sender;
  std::string target;
  std::string payload;
  double timestamp = 0;  // Seconds.
  std::string hub_id;
};

// A broadcast frame as a line, without its line feed.
[[nodiscard]] std::string encode_lite(std::string_view frame);
// Nothing for a line that is broken or of another version.
[[nodiscard]] std::optional<LiteLine> decode_lite(std::string_view line);

}  // namespace synapse::wire
