// SPDX-License-Identifier: AGPL-3.0-or-later
// A hub inside a program, and two agents on it: the second is refused what the first holds, waits
// for it in the hub's queue, and gets it the moment the first lets go.
#include <cstdio>
#include <thread>

#include "synapse/agent.hpp"
#include "synapse/hub.hpp"

namespace {

// What a reply says, for people.
std::string sentence(const synapse::Result<synapse::Reply>& reply) {
  return reply ? reply->frame->value("payload", "") : reply.error().message;
}

}  // namespace

int main() {
  synapse::Hub hub(synapse::HubOptions{});  // A free port, no log.
  if (const auto started = hub.start(); !started) {
    std::fprintf(stderr, "%s\n", started.error().message.c_str());
    return 1;
  }
  synapse::AgentOptions options;
  options.uri = hub.uri();
  options.name = "app/ada";
  synapse::Agent ada(options);
  options.name = "app/ben";
  synapse::Agent ben(options);
  if (!ada.connect() || !ben.connect()) return 1;

  synapse::ClaimRequest claim;
  claim.task_id = "PARSER";
  claim.paths = {"src/parser/**"};
  std::printf("ada: %s\n", sentence(ada.claim(claim)).c_str());

  claim.task_id = "PARSER-DOCS";
  claim.paths = {"src/parser/README.md"};
  std::printf("ben: %s\n", sentence(ben.claim(claim)).c_str());

  claim.wait = std::chrono::seconds(10);
  std::thread waiting([&] { std::printf("ben: %s\n", sentence(ben.claim(claim)).c_str()); });
  std::printf("ada: %s\n", sentence(ada.release("PARSER")).c_str());
  waiting.join();
  return 0;
}
