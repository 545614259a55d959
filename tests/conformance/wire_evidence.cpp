// SPDX-License-Identifier: AGPL-3.0-or-later
#include "conformance/wire_evidence.hpp"

#include <sqlite3.h>
#include <sys/stat.h>

#include <array>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <utility>

#include "conformance/text.hpp"
#include "support/deadline.hpp"
#include "support/file_text.hpp"

namespace synapse::test {
namespace {

using nlohmann::json;

json samples_of(const std::string& body) {
  json names = json::array();
  for (const std::string& line : lines_of(body)) {
    if (!line.empty() && line.front() != '#') names.push_back(line.substr(0, line.find(' ')));
  }
  return names;
}

std::string column(sqlite3_stmt* row, int number) {
  const unsigned char* text = sqlite3_column_text(row, number);
  return text == nullptr ? "" : reinterpret_cast<const char*>(text);
}

}  // namespace

json http_evidence(std::uint16_t port, const std::string& target, const HttpHeaders& headers) {
  const HttpReply reply = http_get(port, target, headers);
  const auto type = reply.headers.find("content-type");
  json got = {{"status", reply.status},
              {"content_type", type == reply.headers.end() ? "" : type->second},
              {"www_authenticate", reply.headers.contains("www-authenticate")}};
  const json body = json::parse(reply.body, nullptr, false);
  if (!body.is_object()) {
    got["samples"] = samples_of(reply.body);
    return got;
  }
  got["keys"] = json::array();
  for (const auto& [key, value] : body.items()) got["keys"].push_back(key);
  return got;
}

json relay_log_evidence(const std::filesystem::path& file, std::size_t lines_min) {
  constexpr std::chrono::milliseconds flush_wait{2000};
  // Whether they came or not is for the comparison to say.
  static_cast<void>(
      eventually(flush_wait, [&] { return lines_of(text_of(file)).size() >= lines_min; }));
  struct stat about {};
  if (stat(file.c_str(), &about) != 0) return {{"lines", json::array()}, {"mode", nullptr}};
  std::array<char, 16> mode{};
  std::snprintf(mode.data(), mode.size(), "0o%o", about.st_mode & 0777U);
  json lines = json::array();
  for (const std::string& line : lines_of(text_of(file))) lines.push_back(json::parse(line));
  return {{"lines", std::move(lines)}, {"mode", mode.data()}};
}

json event_log_evidence(const std::filesystem::path& file) {
  sqlite3* opened = nullptr;
  const int status = sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READONLY, nullptr);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> database(opened, &sqlite3_close);
  if (status != SQLITE_OK) throw std::runtime_error("can't open " + file.string());
  constexpr int busy_wait_ms = 2000;
  sqlite3_busy_timeout(opened, busy_wait_ms);

  sqlite3_stmt* prepared = nullptr;
  sqlite3_prepare_v2(opened, "SELECT kind, payload FROM events ORDER BY seq", -1, &prepared,
                     nullptr);
  const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> query(prepared, &sqlite3_finalize);
  json rows = json::array();
  int stepped = SQLITE_DONE;
  while (prepared != nullptr && (stepped = sqlite3_step(prepared)) == SQLITE_ROW) {
    rows.push_back({{"kind", column(prepared, 0)}, {"payload", json::parse(column(prepared, 1))}});
  }
  if (prepared == nullptr || stepped != SQLITE_DONE) {
    throw std::runtime_error("can't read " + file.string() + ": " + sqlite3_errmsg(opened));
  }
  return {{"rows", std::move(rows)}};
}

}  // namespace synapse::test
