// SPDX-License-Identifier: AGPL-3.0-or-later
// A log that can't be written any more: the hub says so, serves reads, refuses changes, and has
// lost nothing that it acknowledged once there is room again.
//
// Two ways to get there: a small tmpfs in a mount namespace of the hub's own, where the system lets
// one be made; and a limit on the size of files, which every system has.
#include <sqlite3.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <memory>
#include <set>

#include "support/catch.hpp"
#include "support/hub_process.hpp"
#include "support/loopback.hpp"
#include "support/temp_dir.hpp"
#include "support/ws_peer.hpp"

namespace synapse::test {

namespace {

using Json = nlohmann::json;
using Tasks = std::set<std::string>;

constexpr std::size_t note_bytes = 20'000;
constexpr int claims_max = 120;

// Claims until the hub refuses; what it granted.
Tasks fill_log(WsPeer& peer) {
  Tasks granted;
  for (int i = 0; i < claims_max; ++i) {
    const std::string task = "t" + std::to_string(i);
    peer.send_json({{"sender", "filler"},
                    {"type", "claim"},
                    {"task_id", task},
                    {"scope", "none"},
                    {"note", std::string(note_bytes, 'n')}});
    for (;;) {
      const std::optional<std::string> message = peer.receive();
      REQUIRE(message);
      const Json frame = Json::parse(*message);
      if (frame.at("type") == "claim_granted") break;
      if (frame.at("type") != "claim_denied") continue;
      CHECK(frame.at("code") == "read_only");
      CHECK(frame.at("in_reply_to") == "claim");
      return granted;
    }
    granted.insert(task);
  }
  FAIL("the log took " << claims_max << " claims and was not full");
  return granted;
}

Tasks tasks_of(WsPeer& peer) {
  peer.send_json({{"sender", "filler"}, {"type", "state_request"}, {"max_bytes", 1 << 26}});
  Tasks tasks;
  const Json state = peer.receive_type("state_snapshot").at("snapshot");
  for (const Json& claim : state.at("active_claims")) {
    tasks.insert(claim.at("task_id").get<std::string>());
  }
  return tasks;
}

// Reads go on, changes don't, and /health says which and why.
void check_read_only(std::uint16_t port, WsPeer& peer, const Tasks& granted) {
  CHECK(tasks_of(peer) == granted);
  peer.send_json({{"payload", "anyone?"}});
  CHECK(peer.receive_type("error").at("code") == "read_only");
  WsPeer newcomer(port);
  newcomer.send_json({{"sender", "newcomer"}, {"type", "who_request"}});
  CHECK(newcomer.receive_type("who_snapshot").at("online_agents") == Json({"filler", "newcomer"}));
  const HttpReply health = http_get(port, "/health");
  CHECK(health.status == 503);
  const Json report = Json::parse(health.body);
  CHECK(report.at("status") == "read_only");
  CHECK_FALSE(report.at("read_only_reason").get<std::string>().empty());
  CHECK(http_get(port, "/metrics", {{"Accept", "text/plain"}}).body.find("synapse_read_only 1") !=
        std::string::npos);
}

void check_writable(std::uint16_t port, const Tasks& granted) {
  WsPeer peer(port);
  const Tasks kept = tasks_of(peer);
  for (const std::string& task : granted) {
    INFO(task);
    CHECK(kept.contains(task));
  }
  peer.send_json({{"type", "claim"}, {"task_id", "after"}, {"scope", "none"}});
  CHECK(peer.receive_type("claim_granted").at("task_id") == "after");
  CHECK(Json::parse(http_get(port, "/health").body).at("status") == "ok");
}

void wait_for_hub(ChildProcess& process, std::uint16_t port) {
  REQUIRE(eventually(patience, [&] {
    return try_connect(port).has_value() || process.wait(std::chrono::milliseconds(0));
  }));
  INFO(process.err());
  REQUIRE(try_connect(port));
}

// How to make a mount namespace here; nothing: not at all.
std::vector<std::string> namespace_words(const TempDir& folder) {
  for (const char* flags : {"-rm", "-m"}) {
    std::vector<std::string> words{"unshare", flags};
    Command probe{words};
    for (const char* word : {"mount", "-t", "tmpfs", "-o", "size=1m", "probe"}) {
      probe.words.emplace_back(word);
    }
    probe.words.push_back(folder.path().string());
    const Finished finished = run(probe);
    if (finished.status && finished.status->as_number() == 0) return words;
  }
  return {};
}

}  // namespace

TEST_CASE("a full disk makes the hub read-only, and loses nothing that was acknowledged",
          "[hub][disk]") {
  const TempDir folder;
  const TempDir notes;
  Command command{namespace_words(folder)};
  if (command.words.empty()) {
    WARN("skipped: this system lets the test make no small file system (unshare -m)");
    return;
  }
  const std::uint16_t port = free_port();
  // The second hub starts when the first has ended, on the same file system, by then larger.
  const char* script =
      "set -e\n"
      "mount -t tmpfs -o size=1m small \"$1\"\n"
      "\"$2\" hub --port \"$3\" --db \"$1/log.db\" --metrics & echo $! > \"$4/pid.new\"\n"
      "mv \"$4/pid.new\" \"$4/pid\"\n"
      "wait $!\n"
      "mount -o remount,size=64m \"$1\"\n"
      "touch \"$4/again\"\n"
      "exec \"$2\" hub --port \"$3\" --db \"$1/log.db\" --metrics\n";
  for (const std::string& word : {std::string("sh"), std::string("-c"), std::string(script),
                                  std::string("sh"), folder.path().string(), program_under_test(),
                                  std::to_string(port), notes.path().string()}) {
    command.words.push_back(word);
  }
  ChildProcess hubs(command);
  wait_for_hub(hubs, port);
  WsPeer peer(port);
  const Tasks granted = fill_log(peer);
  CHECK(granted.size() > 3);
  check_read_only(port, peer, granted);

  pid_t first = 0;
  std::ifstream(notes / "pid") >> first;
  REQUIRE(first > 1);
  REQUIRE(kill(first, SIGTERM) == 0);
  INFO(hubs.err());
  REQUIRE(eventually(patience, [&] { return access((notes / "again").c_str(), F_OK) == 0; }));
  wait_for_hub(hubs, port);
  check_writable(port, granted);
  hubs.send_signal(SIGTERM);
  const std::optional<ExitStatus> ended = hubs.wait(patience);
  REQUIRE(ended);
  CHECK(ended->as_number() == 0);
}

TEST_CASE("a log that may not grow makes the hub read-only, and loses nothing either",
          "[hub][disk]") {
  const TempDir folder;
  const std::uint16_t port = free_port();
  const std::vector<std::string> hub{program_under_test(), "hub",  "--port",
                                     std::to_string(port), "--db", folder / "log.db",
                                     "--metrics"};
  Tasks granted;
  {
    // 256 blocks of 512 bytes. The signal that comes with the limit is ignored, as the hub's own
    // start would leave it.
    Command limited{{"sh", "-c", "trap '' XFSZ; ulimit -f 256; exec \"$@\"", "sh"}};
    limited.words.insert(limited.words.end(), hub.begin(), hub.end());
    ChildProcess process(limited);
    wait_for_hub(process, port);
    WsPeer peer(port);
    granted = fill_log(peer);
    CHECK(granted.size() > 1);
    check_read_only(port, peer, granted);
    CHECK(process.err().find("can't be written") != std::string::npos);
    process.send_signal(SIGTERM);
    const std::optional<ExitStatus> ended = process.wait(patience);
    REQUIRE(ended);
    CHECK(ended->as_number() == 0);
  }
  ChildProcess process(Command{hub});
  wait_for_hub(process, port);
  check_writable(port, granted);
}

TEST_CASE("a renewed lease is whole in the original's table after a stop, and after the next start",
          "[hub][disk][log]") {
  const TempDir folder;
  HubOptions options;
  const std::string file = (folder / "log.db").string();
  options.arguments = {"--db", file};
  HubProcess hub(options);
  const auto renewed = [&hub](double seconds) {
    WsPeer peer(hub.port());
    peer.send_json({{"sender", "A"}, {"type", "claim"}, {"task_id", "T"}, {"scope", "none"}});
    peer.receive_type("claim_granted");
    peer.send_json({{"type", "renew"}, {"task_id", "T"}, {"ttl_seconds", seconds}});
    return peer.receive_type("lease_renewed").at("lease_expires_at").get<double>();
  };
  const auto last_whole = [&file] {
    sqlite3* opened = nullptr;
    REQUIRE(sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK);
    const std::unique_ptr<sqlite3, int (*)(sqlite3*)> database(opened, &sqlite3_close);
    std::string payload;
    const auto take = [](void* out, int, char** values, char**) {
      *static_cast<std::string*>(out) = values[0];
      return 0;
    };
    REQUIRE(sqlite3_exec(opened, "SELECT payload FROM events ORDER BY seq DESC LIMIT 1", take,
                         &payload, nullptr) == SQLITE_OK);
    return Json::parse(payload).value("lease_expires_at", 0.0);
  };
  const double first = renewed(4000);
  CHECK(last_whole() < first);
  REQUIRE(hub.stop(SIGTERM).as_number() == 0);
  CHECK(last_whole() == first);

  hub.start();
  const double second = renewed(8000);
  hub.stop(SIGKILL);
  CHECK(last_whole() < second);
  hub.start();
  CHECK(eventually(patience, [&] { return last_whole() == second; }));
}

TEST_CASE("a hub stops though another program holds the log, and says what is not in it",
          "[hub][disk]") {
  const TempDir folder;
  HubOptions options;
  const std::string file = (folder / "log.db").string();
  options.arguments = {"--db", file, "--metrics"};
  HubProcess hub(options);
  sqlite3* opened = nullptr;
  REQUIRE(sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> other(opened, &sqlite3_close);
  REQUIRE(sqlite3_exec(opened, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  WsPeer peer(hub.port());
  peer.send_json({{"sender", "A"}, {"type", "claim"}, {"task_id", "T"}, {"scope", "none"}});
  // Decided, and on its way to the log.
  REQUIRE(eventually(patience, [&] {
    return Json::parse(http_get(hub.port(), "/health").body).at("active_claims") == 1;
  }));
  hub.process().send_signal(SIGTERM);
  const std::optional<ExitStatus> ended = hub.process().wait(Deadline(std::chrono::seconds(8)));
  REQUIRE(ended);
  CHECK(ended->as_number() == 0);
  CHECK(hub.process().err().find("is locked by another program") != std::string::npos);
}

TEST_CASE("rows that can't be read are told of one by one up to a hundred, then counted",
          "[hub][disk]") {
  const TempDir folder;
  HubOptions options;
  const std::string file = (folder / "log.db").string();
  options.arguments = {"--db", file};
  HubProcess hub(options);
  REQUIRE(hub.stop(SIGTERM).as_number() == 0);
  {
    sqlite3* opened = nullptr;
    REQUIRE(sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK);
    const std::unique_ptr<sqlite3, int (*)(sqlite3*)> database(opened, &sqlite3_close);
    REQUIRE(sqlite3_exec(opened,
                         "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 130)"
                         "INSERT INTO events (ts, kind, payload) SELECT i, 'claim', '{' FROM n",
                         nullptr, nullptr, nullptr) == SQLITE_OK);
  }
  hub.start();
  CHECK(hub.stop(SIGTERM).as_number() == 0);
  const std::string said = hub.process().err();
  std::size_t told = 0;
  constexpr std::string_view each = " of the log is skipped: ";
  for (auto at = said.find(each); at != std::string::npos; at = said.find(each, at + 1)) ++told;
  CHECK(told == 100);
  CHECK(said.find("30 more events of the log can't be read") != std::string::npos);
}

TEST_CASE("rows that wait for the log are bounded: small frames that write large ones wait too",
          "[hub][log]") {
  const TempDir folder;
  const std::string file = folder / "h.db";
  HubOptions options;
  options.arguments = {"--db", file, "--metrics"};
  const HubProcess hub(options);
  WsPeer peer(hub.port());
  const Json claim{{"sender", "A"}, {"type", "claim"}, {"task_id", "T"}, {"scope", "none"}};
  peer.send_json(claim);
  static_cast<void>(peer.receive_type("claim_granted"));
  peer.send_json(
      {{"type", "checkpoint"}, {"task_id", "T"}, {"checkpoint", std::string(1'000'000, 'x')}});
  static_cast<void>(peer.receive_type("checkpoint_saved"));

  sqlite3* opened = nullptr;
  REQUIRE(sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> other(opened, &sqlite3_close);
  REQUIRE(sqlite3_exec(opened, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  // Each writes the claim whole, with its checkpoint.
  constexpr int claims = 200;
  for (int i = 0; i < claims; ++i) peer.send_json(claim);
  REQUIRE(peer.ping());
  const auto messages = [&hub] {
    const std::string page = http_get(hub.port(), "/metrics", {{"Accept", "text/plain"}}).body;
    constexpr std::string_view name = "\nsynapse_messages_total ";
    return std::stoi(page.substr(page.find(name) + name.size()));
  };
  CHECK(messages() < claims / 2);
  REQUIRE(sqlite3_exec(opened, "COMMIT", nullptr, nullptr, nullptr) == SQLITE_OK);
  for (int i = 0; i < claims; ++i) static_cast<void>(peer.receive_type("claim_granted"));
  CHECK(messages() > claims);
}

}  // namespace synapse::test
