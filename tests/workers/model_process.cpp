// SPDX-License-Identifier: AGPL-3.0-or-later
#include "workers/model_process.hpp"

#include <sstream>
#include <stdexcept>

namespace synapse::test {
namespace {

std::vector<std::string> with_program(std::vector<std::string> words) {
  words.insert(words.begin(), SYNAPSE_MODEL_SERVER);
  return words;
}

}  // namespace

ModelProcess::ModelProcess(const std::vector<std::string>& models) : ModelProcess("http", models) {}

ModelProcess::ModelProcess(const ThrowawayCertificate& certificate)
    : ModelProcess("https", {"--tls", certificate.certificate_file(), certificate.key_file()}) {}

ModelProcess::ModelProcess(const std::string& scheme, std::vector<std::string> words)
    : process_(Command{with_program(std::move(words))}) {
  if (!process_.wait_for_output("\n", patience)) {
    throw std::runtime_error("no model server: " + process_.err());
  }
  std::istringstream line(process_.out());
  std::string word;
  std::string port;
  line >> word >> port;
  url_ = scheme + "://127.0.0.1:" + port;
}

std::vector<nlohmann::json> ModelProcess::requests() const {
  std::vector<nlohmann::json> requests;
  std::istringstream lines(process_.out());
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('{')) requests.push_back(nlohmann::json::parse(line));
  }
  return requests;
}

bool ModelProcess::sees_client_go() { return process_.wait_for_output("gone\n", patience); }

}  // namespace synapse::test
