// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/demo/demo_agents.hpp"

#include "cli/output/render.hpp"

namespace synapse::cli {

AgentOptions demo_agent(const std::string& uri, const std::string& name) {
  AgentOptions options;
  options.uri = uri;
  options.name = name;
  options.broadcast_types.emplace();
  options.chat = AgentOptions::Chat::addressed;
  return options;
}

ClaimRequest demo_claim(const std::string& task_id, std::vector<std::string> paths) {
  ClaimRequest claim;
  claim.task_id = task_id;
  claim.paths = std::move(paths);
  return claim;
}

Result<std::shared_ptr<const Json>> granted(const Result<Reply>& reply) {
  if (!reply) return reply.error();
  if (!reply->granted) return fail(ErrorCode::cancelled, refusal(*reply));
  return reply->frame;
}

Result<std::string> refused(const Result<Reply>& reply) {
  if (!reply) return reply.error();
  if (reply->granted) return fail(ErrorCode::cancelled, "two agents were given the same file");
  return refusal(*reply);
}

}  // namespace synapse::cli
