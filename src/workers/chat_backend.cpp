// SPDX-License-Identifier: AGPL-3.0-or-later
#include "workers/chat_backend.hpp"

#include <utility>

namespace synapse::workers {

Result<std::string> RuleBackend::answer(const Prompt&) {
  return std::string("I have your message. I answer by rule and have no model to think with.");
}

TieredBackend::TieredBackend(std::unique_ptr<ChatBackend> rule, std::unique_ptr<ChatBackend> light,
                             std::unique_ptr<ChatBackend> heavy)
    : rule_(std::move(rule)), light_(std::move(light)), heavy_(std::move(heavy)) {}

Result<std::string> TieredBackend::answer(const Prompt& prompt) {
  return of(tier_of(prompt.message)).answer(prompt);
}

void TieredBackend::cancel() {
  for (const Tier tier : {Tier::rule, Tier::light, Tier::heavy}) of(tier).cancel();
}

ChatBackend& TieredBackend::of(Tier tier) const {
  switch (tier) {
    case Tier::rule:
      return *rule_;
    case Tier::light:
      return *light_;
    case Tier::heavy:
      break;
  }
  return *heavy_;
}

}  // namespace synapse::workers
