// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/log_reader.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "rotten_log.hpp"
#include "samples.hpp"
#include "store/sqlite_store.hpp"
#include "support/result_text.hpp"
#include "support/temp_dir.hpp"

using namespace synapse;
using namespace synapse::test;
using core::Durability;
using store::LogFilter;
using store::LogReader;

namespace {

std::vector<std::int64_t> seqs(LogReader& reader, const LogFilter& filter) {
  std::vector<std::int64_t> seqs;
  const Result<> read = reader.read(filter, [&](const store::RecordView& record) {
    seqs.push_back(record.seq);
    return true;
  });
  REQUIRE(read);
  return seqs;
}

std::unique_ptr<store::SqliteStore> log_of_kinds(const std::filesystem::path& file) {
  auto log = store::SqliteStore::open(file);
  REQUIRE(log);
  for (const char* kind : {"claim", "checkpoint", "chat", "recall", "finding", "handoff", "chat"}) {
    REQUIRE((*log)->append(std::vector{entry(kind, "{}")}));
  }
  return std::move(*log);
}

using Seqs = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("a log is read from a cursor on, by kind and up to a limit", "[store][reader]") {
  const TempDir dir;
  const auto log = log_of_kinds(dir / "h.db");
  auto reader = LogReader::open(dir / "h.db");
  REQUIRE(reader);
  CHECK(seqs(*reader, {}) == Seqs{1, 2, 3, 4, 5, 6, 7});
  CHECK(seqs(*reader, {5, {}}) == Seqs{6, 7});
  CHECK(seqs(*reader, {7, {}}).empty());
  CHECK(seqs(*reader, {0, store::memory_kinds()}) == Seqs{2, 4, 5, 6});
  CHECK(seqs(*reader, {2, store::memory_kinds(), 2}) == Seqs{4, 5});
  CHECK(seqs(*reader, {0, std::vector<std::string>{"chat", "claim"}, 2}) == Seqs{1, 3});
  CHECK(seqs(*reader, {0, std::vector<std::string>{"no such kind"}}).empty());
  CHECK(seqs(*reader, {0, std::vector<std::string>{}}).empty());
  CHECK(seqs(*reader, {0, {}, 0}).empty());
}

TEST_CASE("all kinds are read in the order in which they were written, whatever a batch holds",
          "[store][reader][own]") {
  const TempDir dir;
  const auto log = open_store(dir / "h.db");
  const auto [ours_of, bytes] = GENERATE(std::pair(2, 10), std::pair(1000, 10), std::pair(3, 9000));
  std::vector<store::Entry> entries;
  for (int i = 0; i < 4321; ++i) {
    entries.push_back(entry(i % 7 == 0 ? "seven" : "other",
                            std::to_string(i) + std::string(static_cast<std::size_t>(bytes), ' ')));
    if (i % ours_of != 0) entries.back().table = store::Table::synapse_events;
  }
  REQUIRE(log->append(entries));
  std::vector<std::string> all;
  std::vector<std::string> sevens;
  for (const store::Entry& one : entries) {
    all.push_back(one.payload);
    if (one.kind == "seven") sevens.push_back(one.payload);
  }
  auto reader = LogReader::open(dir / "h.db");
  REQUIRE(reader);
  const auto read = [&reader](const LogFilter& filter) {
    std::vector<std::string> payloads;
    REQUIRE(reader->read(filter, [&](const store::RecordView& record) {
      payloads.emplace_back(record.payload);
      return true;
    }));
    return payloads;
  };
  LogFilter filter;
  filter.own = LogFilter::Own::read;
  CHECK(read(filter) == all);
  filter.limit = 1500;
  CHECK(read(filter) == std::vector(all.begin(), all.begin() + 1500));
  filter.limit = 5000;
  filter.kinds = {"seven"};
  CHECK(read(filter) == sevens);
  CHECK(read({}).size() == static_cast<std::size_t>((4320 / ours_of) + 1));
  // From a row on: what stands behind it, and all later rows.
  LogFilter later;
  later.own = LogFilter::Own::read;
  later.after = 2;
  const auto place = static_cast<std::ptrdiff_t>(ours_of) + 1;
  CHECK(read(later) == std::vector(all.begin() + place, all.end()));
}

TEST_CASE("a reader goes on with what was written since", "[store][reader][own]") {
  const TempDir dir;
  const auto log = open_store(dir / "h.db");
  std::vector<store::Entry> entries = numbered(1, 4, Durability::synced);
  entries[1].table = entries[2].table = store::Table::synapse_events;
  auto reader = LogReader::open(dir / "h.db");
  REQUIRE(reader);
  std::vector<std::string> seen;
  const auto take = [&seen](const store::RecordView& record) {
    seen.emplace_back(record.payload);
    return true;
  };
  LogFilter filter;
  filter.own = LogFilter::Own::read;
  REQUIRE(log->append(std::span(entries).first(2)));
  REQUIRE(reader->read(filter, take));
  REQUIRE(log->append(std::span(entries).subspan(2)));
  REQUIRE(reader->read_on(take));
  CHECK(seen == std::vector<std::string>{R"({"n":1})", R"({"n":2})", R"({"n":3})", R"({"n":4})"});
}

TEST_CASE("a log of the original has no rows of our own to be read", "[store][reader][own]") {
  const TempDir dir;
  run_sql(dir / "h.db",
          log_table_sql() + "INSERT INTO events (ts, kind, payload) VALUES (1, 'chat', '{}');");
  auto reader = LogReader::open(dir / "h.db");
  REQUIRE(reader);
  LogFilter filter;
  filter.own = LogFilter::Own::read;
  CHECK(seqs(*reader, filter) == Seqs{1});
}

TEST_CASE("a log is read while a hub writes to it", "[store][reader]") {
  const TempDir dir;
  auto log = store::SqliteStore::open(dir / "h.db");
  REQUIRE(log);
  REQUIRE((*log)->append(numbered(1, 2500, Durability::written)));
  auto reader = LogReader::open(dir / "h.db");
  REQUIRE(reader);
  Seqs seen;
  const Result<> read = reader->read({}, [&](const store::RecordView& record) {
    seen.push_back(record.seq);
    if (record.seq % 500 != 0 || record.seq > 1500) return true;
    // Between two records: an append, and a checkpoint that needs the whole WAL free of readers.
    REQUIRE((*log)->append(numbered(0, 1, Durability::synced)));
    CHECK(ask_sql(dir / "h.db", "PRAGMA wal_checkpoint(TRUNCATE)") == "0");
    return true;
  });
  REQUIRE(read);
  REQUIRE(seen.size() == 2503);
  CHECK(seen.back() == 2503);
}

TEST_CASE("a reader stops when its sink has enough", "[store][reader]") {
  const TempDir dir;
  const auto log = log_of_kinds(dir / "h.db");
  auto reader = LogReader::open(dir / "h.db");
  REQUIRE(reader);
  int seen = 0;
  REQUIRE(reader->read({}, [&](const store::RecordView&) { return ++seen < 3; }));
  CHECK(seen == 3);
}

TEST_CASE("the log of a killed hub is read whole", "[store][reader][crash]") {
  const TempDir dir;
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    auto log = store::SqliteStore::open(dir / "h.db");
    if (!log || !(*log)->append(numbered(1, 3, Durability::written))) _exit(1);
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  REQUIRE(std::filesystem::file_size(dir / "h.db-wal") > 0);
  const bool without_shm = GENERATE(false, true);
  if (without_shm) std::filesystem::remove(dir / "h.db-shm");
  auto reader = LogReader::open(dir / "h.db");
  REQUIRE(reader);
  CHECK(seqs(*reader, {}) == Seqs{1, 2, 3});
}

TEST_CASE("someone who may only read gets a closed log, and is told why not an open one",
          "[store][reader]") {
  const TempDir dir;
  std::filesystem::permissions(dir.path(), std::filesystem::perms(0755));
  {
    const auto log = log_of_kinds(dir / "closed #1%?.db");
    REQUIRE(log->close());
  }
  const auto open_log = log_of_kinds(dir / "open.db");
  for (const auto& file : std::filesystem::directory_iterator(dir.path())) {
    std::filesystem::permissions(file, std::filesystem::perms(0444));
  }
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    if (geteuid() == 0) {
      if (setuid(65534) != 0) _exit(2);
    } else {
      std::filesystem::permissions(dir.path(), std::filesystem::perms(0555));
    }
    std::string said;
    for (const char* name : {"closed #1%?.db", "open.db"}) {
      auto reader = LogReader::open(dir / name);
      std::size_t count = 0;
      const Result<> read =
          !reader ? Result<>(reader.error()) : reader->read({}, [&](const store::RecordView&) {
            ++count;
            return true;
          });
      said += read ? std::to_string(count) + " records\n" : read.error().message + "\n";
    }
    const ssize_t written = write(ends[1], said.data(), said.size());
    _exit(written == static_cast<ssize_t>(said.size()) ? 0 : 3);
  }
  close(ends[1]);
  std::string said(4096, '\0');
  const ssize_t length = read(ends[0], said.data(), said.size());
  close(ends[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  std::filesystem::permissions(dir.path(), std::filesystem::perms(0755));
  REQUIRE(status == 0);
  said.resize(static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
  INFO(said);
  CHECK_THAT(said, Catch::StartsWith("7 records\n"));
  // Newer SQLite reads it without the right to write, if FILE-shm is there.
  CHECK((said.find("7 records\n", 10) == 10 ||
         said.find("takes the right to write in its folder") != std::string::npos));
}

TEST_CASE("a log that is not there is not made", "[store][reader]") {
  const TempDir dir;
  const auto reader = LogReader::open(dir / "h.db");
  REQUIRE_FALSE(reader);
  CHECK(reader.error().code == ErrorCode::not_found);
  CHECK(reader.error().message ==
        base::quoted_path(dir / "h.db") + " can't be opened: No such file or directory");
  CHECK_FALSE(std::filesystem::exists(dir / "h.db"));
}

TEST_CASE("what is no log can't be read as one", "[store][reader]") {
  const TempDir dir;
  std::ofstream(dir / "notes.txt") << std::string(5000, 'x');
  const auto text = LogReader::open(dir / "notes.txt");
  REQUIRE_FALSE(text);
  CHECK(text.error().code == ErrorCode::corrupt);
  const auto folder = LogReader::open(dir.path());
  REQUIRE_FALSE(folder);
  CHECK(folder.error().code == ErrorCode::io_error);
  std::ofstream(dir / "empty.db") << "";
  auto empty = LogReader::open(dir / "empty.db");
  REQUIRE(empty);
  CHECK(seqs(*empty, {}).empty());
}

TEST_CASE("a record shows a terminal nothing to obey, and means the same", "[store][reader]") {
  const std::string hostile = "a\u009b2J\u202eb\u007f\u00e9";
  const std::string payload = "{\"text\":\t\"" + hostile + "\"}";
  const std::string line = store::ndjson_line({7, 2, "k\u009b", payload});
  CHECK(line ==
        "{\"seq\":7,\"ts\":2.0,\"kind\":\"k\\u009b\",\"payload\":{\"text\": "
        "\"a\\u009b2J\\u202eb\\u007f\u00e9\"}}");
  CHECK(nlohmann::json::parse(line)["payload"]["text"] == hostile);
  CHECK_THAT(store::ndjson_line({7, 2, "k", "\u009b"}), Catch::Contains("\\u009b"));
}

TEST_CASE("a record is one line of JSON, whatever its payload is", "[store][reader]") {
  using nlohmann::json;
  CHECK(store::ndjson_line({7, 1.5, "chat", R"({"a":[1,"\n"]})"}) ==
        R"({"seq":7,"ts":1.5,"kind":"chat","payload":{"a":[1,"\n"]}})");
  CHECK(store::ndjson_line({7, 2, "chat", "{\n\"a\" :\r\n1}"}) ==
        "{\"seq\":7,\"ts\":2.0,\"kind\":\"chat\",\"payload\":{ \"a\" :  1}}");
  CHECK(store::ndjson_line({7, 2, "k", "{}", store::Table::synapse_events}) ==
        R"({"after_seq":7,"ts":2.0,"kind":"k","payload":{}})");
  for (const std::string payload : {"", "{", "\n", "NaN", "\xFF{}", "{}x", "\"\xC3\xA9"}) {
    const std::string line = store::ndjson_line({7, 2, "k\xFF", payload});
    INFO(line);
    CHECK(line.find('\n') == std::string::npos);
    const json parsed = json::parse(line, nullptr, false);
    REQUIRE(parsed.is_object());
    CHECK(parsed["payload"].is_string());
    CHECK(parsed["kind"] == "k?");
  }
}
