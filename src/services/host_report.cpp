// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/host_report.hpp"

#include <cctype>

#include "base/dialogue.hpp"
#include "base/find_program.hpp"
#include "base/strings.hpp"
#include "synapse/version.hpp"
#include "wire/json_document.hpp"

namespace synapse::services {

namespace {

namespace fs = std::filesystem;
using base::Dialogue;
using guard::Host;

constexpr std::size_t version_bytes_max = 40;
constexpr int lines_max = 1000;  // Of one answer: what comes before it is of other things.

std::string program_of(Host host, const base::Environment& environment) {
  return base::find_program(std::string(guard::traits_of(host).word), {}, environment).string();
}

Dialogue::Deadline by(std::chrono::milliseconds patience) {
  return std::chrono::steady_clock::now() + patience;
}

// The first word that begins as a version does: "codex-cli 0.171.0", "2.1.332 (Claude Code)".
std::string version_in(std::string_view line) {
  for (const std::string_view word : base::split(line, ' ')) {
    const bool is_number = !word.empty() && std::isdigit(static_cast<unsigned char>(word[0])) != 0;
    if (is_number && word.size() <= version_bytes_max) return std::string(word);
  }
  return "";
}

// Json alone would be taken for an Error as well.
struct Answer {
  wire::Json result;
};

// To the request with this id; what the program says of other things is passed over.
Result<Answer> answer_to(Dialogue& codex, std::uint64_t id) {
  for (int i = 0; i < lines_max; ++i) {
    const Result<std::string> line = codex.hear();
    if (!line) return line.error();
    const auto message = wire::parse_json(*line, "what codex says");
    if (!message) return message.error();
    if (!message->is_object() || wire::count_member(*message, "id") != id) continue;
    return Answer{wire::member(*message, "result")};
  }
  return fail(ErrorCode::io_error, "codex does not answer what it was asked");
}

std::string request(std::uint64_t id, const char* method, wire::Json parameters) {
  return wire::json_text(
      wire::Json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", parameters}});
}

bool is_ours_of_codex(const wire::Json& hook) {
  return wire::text_member(hook, "command").find("guard --for codex") != std::string::npos;
}

HookTrust counted(const wire::Json& listed) {
  HookTrust trust;
  for (const wire::Json& folder : wire::member(listed, "data")) {
    for (const wire::Json& hook : wire::member(folder, "hooks")) {
      if (!is_ours_of_codex(hook)) continue;
      ++trust.hooks;
      const std::string& status = wire::text_member(hook, "trustStatus");
      if (status == "trusted" || status == "managed") ++trust.trusted;
    }
  }
  return trust;
}

}  // namespace

std::map<Host, std::string> host_versions(const base::Environment& environment,
                                          std::chrono::milliseconds patience) {
  const Dialogue::Deadline end = by(patience);
  std::map<Host, Dialogue> asked;
  for (const guard::HostTraits& host : guard::all_hosts()) {
    const std::string program = program_of(host.host, environment);
    if (program.empty()) continue;
    auto started = Dialogue::start({program, "--version"}, {}, end);
    if (started) asked.emplace(host.host, *std::move(started));
  }
  std::map<Host, std::string> versions;
  for (auto& [host, program] : asked) {
    const Result<std::string> line = program.hear();
    if (!line) continue;
    if (std::string version = version_in(*line); !version.empty()) versions[host] = version;
  }
  return versions;
}

Result<HookTrust> codex_trust(const base::Environment& environment, const fs::path& folder,
                              std::chrono::milliseconds patience) {
  const std::string program = program_of(Host::codex, environment);
  if (program.empty()) return fail(ErrorCode::not_found, "there is no codex on the PATH");
  auto codex = Dialogue::start({program, "app-server"}, folder, by(patience));
  if (!codex) return codex.error();
  const wire::Json us{{"clientInfo", {{"name", "synapse"}, {"version", std::string(version())}}}};
  // It hears the second request only when it has answered the first.
  if (auto said = codex->say(request(1, "initialize", us)); !said) return said.error();
  if (auto ready = answer_to(*codex, 1); !ready) return ready.error();
  const wire::Json folders{{"cwds", {folder.string()}}};
  if (auto said = codex->say(R"({"jsonrpc":"2.0","method":"initialized"})"); !said) {
    return said.error();
  }
  if (auto said = codex->say(request(2, "hooks/list", folders)); !said) return said.error();
  const auto listed = answer_to(*codex, 2);
  if (!listed) return listed.error();
  return counted(listed->result);
}

}  // namespace synapse::services
