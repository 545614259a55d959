// SPDX-License-Identifier: AGPL-3.0-or-later
// What turns a message into a reply: a fixed line, or a model behind HTTP (model_backend.hpp), or
// one of several by the message (TieredBackend).
//
// answer() blocks, for as long as a model takes, and is called from one thread at a time: the
// worker's own thread for models, never the one that reads the bus. cancel() comes from any other
// thread, once, and ends the answer under way and all later ones.
#pragma once

#include <memory>
#include <string>

#include "base/error.hpp"
#include "workers/routing.hpp"

namespace synapse::workers {

struct Prompt {
  std::string message;  // What is to be answered.
  std::string asked;    // The same, with the conversation before it: what a model is shown.
};

class ChatBackend {
 public:
  virtual ~ChatBackend() = default;
  // Errors say in one sentence, which goes to whoever asked, what is wrong: they hold no
  // secret. cancelled: by cancel(), and nobody is to be told.
  [[nodiscard]] virtual Result<std::string> answer(const Prompt& prompt) = 0;
  virtual void cancel() = 0;
};

// Always the same line, with no network.
class RuleBackend final : public ChatBackend {
 public:
  [[nodiscard]] Result<std::string> answer(const Prompt& prompt) override;
  void cancel() override {}
};

// Sends each message to the back end of its tier.
class TieredBackend final : public ChatBackend {
 public:
  TieredBackend(std::unique_ptr<ChatBackend> rule, std::unique_ptr<ChatBackend> light,
                std::unique_ptr<ChatBackend> heavy);
  [[nodiscard]] Result<std::string> answer(const Prompt& prompt) override;
  void cancel() override;

 private:
  [[nodiscard]] ChatBackend& of(Tier tier) const;

  std::unique_ptr<ChatBackend> rule_;
  std::unique_ptr<ChatBackend> light_;
  std::unique_ptr<ChatBackend> heavy_;
};

}  // namespace synapse::workers
