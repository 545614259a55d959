// SPDX-License-Identifier: AGPL-3.0-or-later
// The tests' model server (model_server.cpp), running while its owner lives. Used from one thread.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/child_process.hpp"
#include "support/throwaway_certificate.hpp"

namespace synapse::test {

class ModelProcess {
 public:
  // With those models in its list. Throws when it does not start.
  explicit ModelProcess(const std::vector<std::string>& models = {});
  explicit ModelProcess(const ThrowawayCertificate& certificate);

  // Of the whole server, such as http://127.0.0.1:1234; its API is under /v1.
  [[nodiscard]] const std::string& url() const { return url_; }
  // What it has been asked so far: `line`, `authorization`, `body` each.
  [[nodiscard]] std::vector<nlohmann::json> requests() const;
  // Whether a client that it lets wait has gone, now or before the deadline.
  [[nodiscard]] bool sees_client_go();

 private:
  ModelProcess(const std::string& scheme, std::vector<std::string> words);

  ChildProcess process_;
  std::string url_;
};

}  // namespace synapse::test
