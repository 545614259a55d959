// SPDX-License-Identifier: AGPL-3.0-or-later
// Any bytes as what a client of the MCP server writes, in any pieces: each output is one line of
// JSON, and whatever calls are made can be finished.
#include <nlohmann/json.hpp>

#include "base/assert.hpp"
#include "mcp/lines.hpp"
#include "mcp/modern.hpp"
#include "mcp/session.hpp"

using namespace synapse;

namespace {

class Client {
 public:
  void say(std::string_view text) {
    auto parsed = mcp::rpc::parse(text);
    ++last_text_;
    if (const auto* invalid = std::get_if<mcp::rpc::Invalid>(&parsed)) {
      return look_at(mcp::Session::refuse(last_text_, *invalid));
    }
    auto& document = std::get<mcp::Json>(parsed);
    if (mcp::Modern::is_spoken_in(document)) {
      look_at(modern_.receive(last_text_, document));
    } else {
      look_at(session_.receive(last_text_, std::move(document)));
    }
    look_at(modern_.changed(mcp::Resource::board));
  }

 private:
  void look_at(const mcp::Effects& effects) {
    for (const mcp::Output& output : effects.outputs) {
      SYNAPSE_ASSERT(output.text.find('\n') == std::string::npos);
      SYNAPSE_ASSERT(output.text.empty() || nlohmann::json::accept(output.text));
    }
    SYNAPSE_ASSERT(session_.calls_under_way() <= mcp::Session::calls_max);
    SYNAPSE_ASSERT(modern_.calls_under_way() <= mcp::Session::calls_max);
    for (const auto& start : effects.calls) {
      // Every other one stays under way.
      if (start.id % 2 != 0) continue;
      const bool is_modern = start.id > mcp::Modern::first_call;
      look_at(is_modern ? modern_.finish(start.id, {}) : session_.finish(start.id, {}));
    }
  }

  mcp::Session session_;
  mcp::Modern modern_{mcp::Modern::Ids::unique};
  mcp::TextId last_text_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t line_bytes_max = 4096;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.empty()) return 0;
  Client client;
  // The first byte says whether the session has begun, and how long the pieces are.
  const std::size_t piece = 1 + static_cast<std::uint8_t>(input[0]) / 2U;
  if (static_cast<std::uint8_t>(input[0]) % 2 == 0) {
    client.say(R"({"jsonrpc":"2.0","id":0,"method":"initialize",)"
               R"("params":{"protocolVersion":"2025-03-26"}})");
  }
  mcp::Lines lines(line_bytes_max);
  for (std::size_t at = 1; at < input.size(); at += piece) {
    lines.feed(input.substr(at, piece));
    while (const auto line = lines.next()) client.say(line->text);
  }
  if (const auto rest = lines.end()) client.say(rest->text);
  return 0;
}
