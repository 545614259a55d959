// SPDX-License-Identifier: AGPL-3.0-or-later
// A log with which something is wrong when the hub starts, or that goes away while it runs: the hub
// says in one sentence what it is and what to do, serves what it can read, and grants nothing that
// would be lost.
#include <sqlite3.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>
#include <memory>

#include "support/catch.hpp"
#include "support/hub_process.hpp"
#include "support/loopback.hpp"
#include "support/temp_dir.hpp"
#include "support/ws_peer.hpp"

namespace synapse::test {

namespace {

using Json = nlohmann::json;

Json claim(WsPeer& peer, const std::string& task, const char* sender = "A") {
  peer.send_json({{"sender", sender}, {"type", "claim"}, {"task_id", task}, {"scope", "none"}});
  for (;;) {
    const std::optional<std::string> message = peer.receive();
    REQUIRE(message);
    Json frame = Json::parse(*message);
    if (frame.at("type") == "claim_granted" || frame.at("type") == "claim_denied") return frame;
  }
}

Json health(std::uint16_t port) { return Json::parse(http_get(port, "/health").body); }

HubOptions hub_on(const std::filesystem::path& file, std::vector<std::string> more = {}) {
  HubOptions options;
  options.arguments = {"--db", file.string(), "--metrics"};
  for (std::string& word : more) options.arguments.push_back(std::move(word));
  return options;
}

// A log with a claim of task T, of a hub that was killed: its newest part is in the -wal.
void leave_killed_log(const std::filesystem::path& file) {
  HubProcess hub(hub_on(file));
  WsPeer peer(hub.port());
  REQUIRE(claim(peer, "T").at("type") == "claim_granted");
  hub.stop(SIGKILL);
  REQUIRE(std::filesystem::exists(file.string() + "-wal"));
}

// That the hub holds task T, and takes nothing more.
void check_serves_reads_only(std::uint16_t port, std::string_view why) {
  const Json report = health(port);
  CHECK(report.at("status") == "read_only");
  CHECK(report.at("active_claims") == 1);
  CHECK_THAT(report.at("read_only_reason").get<std::string>(), Catch::Contains(std::string(why)));
  WsPeer peer(port);
  const Json answer = claim(peer, "U", "B");
  CHECK(answer.at("type") == "claim_denied");
  CHECK(answer.at("code") == "read_only");
}

Finished run_hub(const std::filesystem::path& file, std::vector<std::string> more = {}) {
  Command command{{program_under_test(), "hub", "--port", "0", "--db", file.string()}};
  for (std::string& word : more) command.words.push_back(std::move(word));
  return run(command);
}

using Database = std::unique_ptr<sqlite3, int (*)(sqlite3*)>;

Database open_database(const std::filesystem::path& file) {
  sqlite3* opened = nullptr;
  REQUIRE(sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK);
  return {opened, &sqlite3_close};
}

void flip_bit(const std::filesystem::path& file, std::streamoff at) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(at);
  const char was = static_cast<char>(stream.get());
  stream.seekp(at);
  stream.put(static_cast<char>(was ^ 1));
}

// A hub that has granted something, and its log.
struct HubWithLog {
  HubWithLog() { REQUIRE(claim(peer, "T").at("type") == "claim_granted"); }

  TempDir folder;
  std::filesystem::path file = folder.path() / "log.db";
  HubProcess hub{hub_on(file)};
  WsPeer peer{hub.port()};
};

}  // namespace

TEST_CASE_METHOD(
    HubWithLog,
    "a hub whose log was deleted under it grants nothing more, and says so within a second",
    "[hub][log]") {
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file.string() + suffix);
  SECTION("when it is asked for something") { CHECK(claim(peer, "U").at("code") == "read_only"); }
  SECTION("by itself") {
    const Deadline second(std::chrono::seconds(1));
    CHECK(eventually(second, [&] { return health(hub.port()).at("status") == "read_only"; }));
  }
  check_serves_reads_only(hub.port(), "was deleted or moved away");
  CHECK(hub.stop(SIGTERM).as_number() == 0);
  CHECK_THAT(hub.process().err(), Catch::Contains("put the log back where it was"));
  CHECK_FALSE(std::filesystem::exists(file));
}

TEST_CASE_METHOD(
    HubWithLog,
    "a hub whose log was moved and left a link behind grants nothing that would be lost",
    "[hub][log]") {
  std::filesystem::rename(file, folder.path() / "big.db");
  std::filesystem::create_symlink(folder.path() / "big.db", file);
  CHECK(claim(peer, "U").at("code") == "read_only");
  check_serves_reads_only(hub.port(), "was replaced by another file");
  CHECK(hub.stop(SIGTERM).as_number() == 0);
}

TEST_CASE_METHOD(HubWithLog, "a hub whose log was emptied under it grants nothing more",
                 "[hub][log]") {
  std::filesystem::resize_file(file, 0);
  CHECK(claim(peer, "U").at("code") == "read_only");
  check_serves_reads_only(hub.port(), "was emptied");
}

TEST_CASE_METHOD(HubWithLog, "a hub whose log was replaced leaves the new one alone",
                 "[hub][log]") {
  std::filesystem::create_directory(folder.path() / "old");
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::filesystem::rename(file.string() + suffix,
                            (folder.path() / "old" / "log.db").string() + suffix);
  }
  HubProcess other(hub_on(file));
  WsPeer other_peer(other.port());
  REQUIRE(claim(other_peer, "T").at("type") == "claim_granted");
  CHECK(claim(peer, "U").at("code") == "read_only");
  CHECK(hub.stop(SIGTERM).as_number() == 0);
  CHECK(claim(other_peer, "V").at("type") == "claim_granted");
  other.stop(SIGKILL);
  other.start();
  CHECK(health(other.port()).at("active_claims") == 2);
}

TEST_CASE("a log with two names starts no hub", "[hub][log]") {
  const TempDir folder;
  HubProcess hub(hub_on(folder.path() / "h.db"));
  std::filesystem::create_hard_link(folder.path() / "h.db", folder.path() / "i.db");
  const Finished second = run_hub(folder.path() / "i.db");
  REQUIRE(second.status);
  CHECK(second.status->as_number() == 1);
  CHECK_THAT(second.err, Catch::Contains("has 2 names (hard links)"));
}

TEST_CASE("a hub starts on a log that it can't write, reads it whole and refuses changes",
          "[hub][log][disk]") {
  const bool is_full = GENERATE(true, false);
  INFO((is_full ? "a full disk" : "a read-only file system"));
  const TempDir folder;
  const TempDir notes;
  const Finished probe =
      run(Command{{"unshare", "-m", "mount", "-t", "tmpfs", "probe", folder.path().string()}});
  if (!probe.status || probe.status->as_number() != 0) {
    WARN("skipped: this system lets the test make no small file system (unshare -m)");
    return;
  }
  leave_killed_log(notes.path() / "log.db");
  const std::uint16_t port = free_port();
  const std::string script =
      "mount -t tmpfs -o size=1m small \"$1\" && cp \"$2\"/log.db \"$2\"/log.db-wal \"$1\" || exit "
      "9\n" +
      std::string(is_full ? "cat /dev/zero > \"$1\"/filler 2>/dev/null\n"
                          : "mount -o remount,ro \"$1\"\n") +
      "\"$3\" hub --port \"$4\" --db \"$1/log.db\" --metrics & hub=$!\n"
      "trap 'kill $hub' TERM\n"
      "until [ -e \"$2\"/go ]; do sleep 0.05; done\n"
      "\"$3\" ingest \"$1/log.db\" > \"$2\"/ingested\n"
      "touch \"$2\"/gone\n"
      "wait $hub; wait $hub\n";
  ChildProcess hub(Command{{"unshare", "-m", "sh", "-c", script, "sh", folder.path().string(),
                            notes.path().string(), program_under_test(), std::to_string(port)}});
  REQUIRE(eventually(patience, [&] {
    return try_connect(port).has_value() || hub.wait(std::chrono::milliseconds(0));
  }));
  INFO(hub.err());
  REQUIRE(try_connect(port));
  check_serves_reads_only(port, is_full ? "the disk is full" : "read-only file system");
  std::ofstream(notes.path() / "go") << "";
  REQUIRE(eventually(patience, [&] { return std::filesystem::exists(notes.path() / "gone"); }));
  std::ifstream ingested(notes.path() / "ingested");
  std::string line;
  REQUIRE(std::getline(ingested, line));
  CHECK(Json::parse(line).at("kind") == "claim");
  hub.send_signal(SIGTERM);
  const std::optional<ExitStatus> ended = hub.wait(patience);
  REQUIRE(ended);
  CHECK_THAT(hub.err(), Catch::Contains(is_full ? "free space, then restart the hub"
                                                : "mend that, then restart the hub"));
}

TEST_CASE("a damaged write-ahead log makes no hub forget in silence", "[hub][log]") {
  const TempDir folder;
  const std::filesystem::path file = folder.path() / "log.db";
  {
    HubProcess hub(hub_on(file));
    WsPeer peer(hub.port());
    REQUIRE(claim(peer, "T").at("type") == "claim_granted");
    flip_bit(file.string() + "-wal",
             static_cast<std::streamoff>(std::filesystem::file_size(file.string() + "-wal")) - 50);
    REQUIRE(claim(peer, "U").at("type") == "claim_granted");
    hub.stop(SIGKILL);
  }
  HubProcess hub(hub_on(file));
  const Json report = health(hub.port());
  CHECK(report.at("status") == "read_only");
  CHECK_THAT(report.at("read_only_reason").get<std::string>(), Catch::Contains("is damaged"));
  CHECK(hub.stop(SIGTERM).as_number() == 0);
  CHECK_THAT(hub.process().err(), Catch::Contains("--accept-loss"));

  HubProcess again(hub_on(file, {"--accept-loss"}));
  CHECK(health(again.port()).at("status") == "ok");
  WsPeer peer(again.port());
  CHECK(claim(peer, "V").at("type") == "claim_granted");
  bool is_kept = false;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    is_kept |= entry.path().filename().string().starts_with("log.db-wal.damaged-");
  }
  CHECK(is_kept);
}

TEST_CASE("a hub on a log with a damaged page says what to do, and ends", "[hub][log]") {
  const TempDir folder;
  const std::filesystem::path file = folder.path() / "log.db";
  {
    HubProcess hub(hub_on(file));
    REQUIRE(hub.stop(SIGTERM).as_number() == 0);
    const Database database = open_database(file);
    REQUIRE(sqlite3_exec(database.get(),
                         "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT "
                         "3000) INSERT INTO events (ts, kind, payload) SELECT i, 'x', '{}' FROM n",
                         nullptr, nullptr, nullptr) == SQLITE_OK);
  }
  {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(6 * 4096);
    for (int i = 0; i < 2 * 4096; ++i) stream.put('\xA5');
  }
  const Finished hub = run_hub(file);
  REQUIRE(hub.status);
  CHECK(hub.status->as_number() == 1);
  CHECK_THAT(hub.err, Catch::Contains("is damaged") &&
                          Catch::Contains("put a backup in its place") &&
                          Catch::Contains(".recover"));
}

TEST_CASE("a relay file that is a pipe, a link or a folder is refused at once", "[hub][relay]") {
  const TempDir folder;
  REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
  std::ofstream(folder / "victim") << "precious";
  std::filesystem::create_symlink(folder / "victim", folder / "link");
  std::filesystem::create_directory(folder / "folder");
  for (const char* name : {"pipe", "link", "folder"}) {
    INFO(name);
    const Finished hub =
        run_hub(folder.path() / "log.db", {"--relay-log", (folder / name).string()});
    REQUIRE(hub.status);
    CHECK(hub.status->as_number() == 1);
    CHECK_THAT(hub.err, Catch::Contains("is not a regular file, which a relay file has to be"));
  }
  CHECK(std::filesystem::file_size(folder / "victim") == 8);
}

TEST_CASE("a hub starts and stops though another program holds the log", "[hub][log]") {
  const TempDir folder;
  const std::filesystem::path file = folder.path() / "log.db";
  {
    HubProcess hub(hub_on(file));
    WsPeer peer(hub.port());
    REQUIRE(claim(peer, "T").at("type") == "claim_granted");
    peer.send_json({{"type", "renew"}, {"task_id", "T"}, {"ttl_seconds", 5000}});
    peer.receive_type("lease_renewed");
    hub.stop(SIGKILL);
  }
  const Database other = open_database(file);
  REQUIRE(sqlite3_exec(other.get(), "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  // It has a renewed lease to write whole.
  HubProcess hub(hub_on(file));
  CHECK(health(hub.port()).at("active_claims") == 1);
  hub.process().send_signal(SIGTERM);
  const std::optional<ExitStatus> ended = hub.process().wait(Deadline(std::chrono::seconds(5)));
  REQUIRE(ended);
  CHECK(ended->as_number() == 0);
}

TEST_CASE("a hub with --compact-at keeps its log small by itself, and forgets nothing",
          "[hub][log]") {
  const TempDir folder;
  const std::filesystem::path file = folder.path() / "log.db";
  const std::vector<std::string> words{"--compact-at",  "1M", "--keep-history",         "0",
                                       "--max-history", "20", "--max-idempotency-keys", "10"};
  HubProcess hub(hub_on(file, words));
  WsPeer peer(hub.port());
  REQUIRE(claim(peer, "lasting").at("type") == "claim_granted");
  const std::string text(4000, 'x');
  std::uint64_t last_epoch = 0;
  for (int i = 0; i < 600; ++i) {
    const std::string task = "brief " + std::to_string(i);
    last_epoch = claim(peer, task).at("epoch").get<std::uint64_t>();
    peer.send_json({{"type", "release"}, {"task_id", task}, {"idem_key", task}});
    peer.send_json({{"type", "chat"}, {"payload", text}, {"target", "all"}});
  }
  peer.send_json({{"type", "renew"}, {"task_id", "lasting"}, {"ttl_seconds", 4000}});
  const double end = peer.receive_type("lease_renewed").at("lease_expires_at").get<double>();
  REQUIRE(eventually(patience, [&hub] {
    return hub.process().err().find("compacted the log: ") != std::string::npos;
  }));
  REQUIRE(claim(peer, "after").at("epoch").get<std::uint64_t>() == last_epoch + 1);
  CHECK(hub.stop(SIGTERM).as_number() == 0);
  {
    const Database database = open_database(file);
    int rows = 0;
    const auto count = [](void* out, int, char** values, char**) {
      *static_cast<int*>(out) = std::atoi(values[0]);
      return 0;
    };
    REQUIRE(sqlite3_exec(database.get(), "SELECT COUNT(*) FROM events", count, &rows, nullptr) ==
            SQLITE_OK);
    CHECK(rows < 1800);
  }
  hub.start();
  WsPeer again(hub.port());
  again.send_json({{"sender", "A"}, {"type", "state_request"}});
  const Json state = again.receive_type("state_snapshot").at("snapshot").at("active_claims");
  REQUIRE(state.size() == 2);
  CHECK(state[0].at("task_id") == "after");
  CHECK(state[1].at("lease_expires_at") == end);
  again.send_json({{"type", "history_request"}, {"limit", 100}});
  CHECK(again.receive_type("history_snapshot").at("history").size() == 20);
  CHECK(claim(again, "next").at("epoch").get<std::uint64_t>() == last_epoch + 2);
}

}  // namespace synapse::test
