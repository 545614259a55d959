// SPDX-License-Identifier: AGPL-3.0-or-later
// What etcd's HTTP gateway (/v3, JSON) is asked and answers, as far as a log needs it: a log is the
// history of one key, in which a revision is a place. Pure.
//
// 64-bit numbers are text there, bytes are base64, and what is 0 or blank is left out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "cluster/replicated_log.hpp"

namespace synapse::cluster::etcd {

[[nodiscard]] std::string base64(std::string_view bytes);
// Errors: corrupt.
[[nodiscard]] Result<std::string> from_base64(std::string_view text);

// The bodies of requests: to /v3/kv/put, /v3/kv/range, /v3/watch and /v3/auth/authenticate.
[[nodiscard]] std::string put_body(std::string_view key, std::string_view value);
[[nodiscard]] std::string range_body(std::string_view key);
[[nodiscard]] std::string watch_body(std::string_view key, Revision from);
[[nodiscard]] std::string login_body(std::string_view user, std::string_view password);
// To /v3/kv/txn: the key gets this value unless it has one, and either way what it has is told.
[[nodiscard]] std::string keep_body(std::string_view key, std::string_view value);
// To /v3/kv/range: all keys that begin so.
[[nodiscard]] std::string list_body(std::string_view prefix);
// `waits`: for the room of what is forgotten to be free.
[[nodiscard]] std::string compact_body(Revision revision, bool waits);

// Of an answer that is none: what etcd says of it, or its status.
[[nodiscard]] std::string complaint(unsigned status, std::string_view body);
[[nodiscard]] Result<ReplicatedLog::Head> read_head(std::string_view body);
[[nodiscard]] Result<std::string> read_login(std::string_view body);
// What a key has after keep_body().
[[nodiscard]] Result<std::string> read_kept(std::string_view body);
// The values, in the order of their keys.
[[nodiscard]] Result<std::vector<std::string>> read_list(std::string_view body);

// A line of the answer to a watch.
struct Watched {
  struct Value {
    Revision revision = 0;
    std::string bytes;
  };
  std::string store;
  std::vector<Value> values;
  std::optional<Revision> compacted;  // What was asked for is gone, up to this.
};
// Errors: corrupt; io_error, the watch has ended.
[[nodiscard]] Result<Watched> read_watched(std::string_view line);

}  // namespace synapse::cluster::etcd
