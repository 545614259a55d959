// SPDX-License-Identifier: AGPL-3.0-or-later
// A program that links the library: a hub and two agents in one process. The first claims files,
// the second is refused what overlaps them. Exit 0 when both happened.
#include <cstdio>
#include <string>

#include "synapse/agent.hpp"
#include "synapse/hub.hpp"
#include "synapse/protocol.hpp"
#include "synapse/result.hpp"
#include "synapse/version.hpp"

#if SYNAPSE_VERSION_MAJOR < 1
#error "made for version 1.0 and newer"
#endif

namespace {

int complain(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  return 1;
}

}  // namespace

int main() {
  synapse::Hub hub({});
  if (const auto started = hub.start(); !started) return complain(started.error().message);

  synapse::AgentOptions options;
  options.uri = hub.uri();
  options.name = "consumer/ada";
  synapse::Agent ada(options);
  options.name = "consumer/ben";
  synapse::Agent ben(options);
  if (const auto connected = ada.connect(); !connected) {
    return complain(connected.error().message);
  }
  if (const auto connected = ben.connect(); !connected) {
    return complain(connected.error().message);
  }

  synapse::ClaimRequest claim;
  claim.task_id = "PARSER";
  claim.paths = {"src/parser/**"};
  const auto granted = ada.claim(claim);
  if (!granted || !granted->granted) return complain("the first claim was not granted");

  claim.task_id = "DOCS";
  claim.paths = {"src/parser/README.md"};
  const auto refused = ben.claim(claim);
  if (!refused || refused->granted) return complain("the overlapping claim was not refused");
  if (refused->frame->value("code", "") != wire_name(synapse::ErrorCode::scope_held)) {
    return complain("refused for another reason: " + refused->frame->dump());
  }
  std::printf("synapse %s: %s\n", std::string(synapse::version()).c_str(),
              refused->frame->value("payload", "").c_str());
  return 0;
}
