// SPDX-License-Identifier: AGPL-3.0-or-later
// An agent that claims some files, says so, works on them and gives them back.
//
//   synapse hub &
//   minimal_agent            # and, meanwhile: synapse listen
#include <cstdio>

#include "synapse/agent.hpp"

int main(int argc, char** argv) {
  synapse::AgentOptions options;  // Its hub is ws://localhost:8876 unless you say otherwise.
  options.name = argc > 1 ? argv[1] : "example/minimal";
  if (argc > 2) options.uri = argv[2];
  // Lost connections come back by themselves, and with them the chat that was missed.
  options.reconnect = synapse::AgentOptions::Reconnect::always;

  synapse::Agent agent(options);
  if (const synapse::Result<> connected = agent.connect(); !connected) {
    std::fprintf(stderr, "no hub: %s\n", connected.error().message.c_str());
    return 1;
  }

  synapse::ClaimRequest claim;
  claim.task_id = "tidy-docs";
  claim.paths = {"docs/**/*.md"};         // While the lease is ours, nobody else is granted these.
  claim.wait = std::chrono::seconds(30);  // If they are taken, stand in line for this long.
  const synapse::Result<synapse::Reply> lease = agent.claim(claim);
  // An Error means that no answer came; a refusal is an answer, and says who holds what.
  if (!lease || !lease->granted) {
    const std::string why = lease ? lease->frame->value("payload", "") : lease.error().message;
    std::fprintf(stderr, "no lease: %s\n", why.c_str());
    return 1;
  }

  // The reply to a chat is the message itself, as everybody got it.
  if (const auto said = agent.chat("all", "tidying the docs"); said && said->granted) {
    std::printf("said as message %s\n", said->frame->at("msg_id").dump().c_str());
  }
  // … the work …
  const synapse::Result<synapse::Reply> released = agent.release("tidy-docs");
  return released && released->granted ? 0 : 1;
}
