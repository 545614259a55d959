// SPDX-License-Identifier: AGPL-3.0-or-later
// The commands about the past, on a log whose times are chosen; what they count is asked of the log
// by SQL as well.
#include <algorithm>

#include "cli/past/dated_log.hpp"
#include "cli/past/past_time.hpp"

using Catch::Matchers::Contains;
using synapse::AgentName;
using synapse::TaskId;
using synapse::test::CliRun;
using synapse::test::DatedLog;
using synapse::test::Json;
using synapse::test::past_start;
using synapse::test::TempDir;
using synapse::test::Words;

namespace core = synapse::core;
namespace store = synapse::store;

namespace {

std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

void append(const DatedLog& log, const core::Event& event) {
  const auto file = store::SqliteStore::open(log.file());
  REQUIRE(file.has_value());
  const std::vector<store::Entry> rows{store::encode(event, past_start + 1400).value()};
  REQUIRE((*file)->append(rows).has_value());
}

}  // namespace

TEST_CASE("log tells each event in a sentence, with owner and files where the record has neither",
          "[cli][past]") {
  const DatedLog log;
  const std::string text = log.run({"log"});
  CHECK_THAT(text, Contains("shop/alice claimed src/parser/**, src/feed.cpp under 'PARSE'") &&
                       Contains("shop/alice saved a checkpoint of 'PARSE': lexer done") &&
                       Contains("shop/alice handed src/parser/**, src/feed.cpp under 'PARSE' to "
                                "shop/bob after 6 min") &&
                       Contains("the lease of shop/bob on src/parser/**, src/feed.cpp under "
                                "'PARSE' ran out after 10 min") &&
                       Contains("shop/alice released docs under 'DOCS' after 100 s") &&
                       Contains("'PARSE' on the plan is open: Parse <orders>") &&
                       Contains("shop/alice to shop/bob: half of it is done"));
  CHECK_THAT(text, !Contains("renewed"));
  CHECK_THAT(log.run({"log", "--kind", "renewed"}), Contains("shop/alice renewed 'PARSE'"));
}

TEST_CASE("log shows as many lines as the log has rows of a kind", "[cli][past]") {
  const DatedLog log;
  const auto count = [&log](const char* kind) {
    return static_cast<std::int64_t>(lines_in(log.run({"log", "--kind", kind})));
  };
  CHECK(count("said") == log.sql("SELECT count(*) FROM events WHERE kind = 'chat'"));
  CHECK(count("released") == log.sql("SELECT count(*) FROM events WHERE kind = 'release'"));
  CHECK(count("claimed") ==
        log.sql("SELECT count(DISTINCT json_extract(payload, '$.epoch')) FROM events "
                "WHERE kind = 'claim'"));
  CHECK(count("expired") ==
        log.sql("SELECT count(*) FROM synapse_events WHERE kind = 'lease_expired'"));
}

TEST_CASE("log narrows by agent, task, path, time and number", "[cli][past]") {
  const DatedLog log;
  CHECK(lines_in(log.run({"log", "--agent", "shop/carol"})) == 1);
  CHECK(lines_in(log.run({"log", "--agent", "shop/bob"})) == 3);
  CHECK(lines_in(log.run({"log", "--task", "DOCS"})) == 2);
  CHECK(lines_in(log.run({"log", "--path", "docs/a.md"})) == 2);
  CHECK(lines_in(log.run({"log", "--path", "src/**/lex.cpp"})) == 5);
  CHECK(lines_in(log.run({"log", "--path", "web"})) == 0);
  CHECK(lines_in(log.run({"log", "--since", DatedLog::after(1050)})) == 3);
  CHECK(lines_in(log.run({"log", "--until", DatedLog::after(15)})) == 2);
  CHECK(lines_in(log.run({"log", "--last", "2"})) == 2);
  CHECK_THAT(log.run({"log", "--last", "1"}), Contains("released docs"));
  const std::string json = log.run({"log", "--task", "DOCS", "--json"});
  const Json first = Json::parse(json.substr(0, json.find('\n')));
  CHECK(first.at("kind") == "claimed");
  CHECK(first.at("agent") == "shop/alice");
  CHECK(first.at("paths") == Json{"docs"});
}

TEST_CASE("what log can't make sense of is a usage error", "[cli][past]") {
  for (const Words& words :
       {Words{"log", "--kind", "nonsense"}, Words{"log", "--since", "whenever"},
        Words{"at", "whenever"}, Words{"at", "-1m", "what"}, Words{"at", "-1m", "who-holds"},
        Words{"at", "-1m", "state", "x"}, Words{"stats", "--until", "25:99"}}) {
    CAPTURE(words);
    CliRun run;
    CHECK(run(words) == 2);
    CHECK_FALSE(run.err().empty());
  }
}

TEST_CASE("at shows who held a file then, and not who holds it now", "[cli][past]") {
  const DatedLog log;
  const auto holder = [&log](double seconds, const char* path, int code = 0) {
    CliRun run;
    CHECK(run({"at", DatedLog::after(seconds), "who-holds", path, "--db", log.file()}) == code);
    return run.out();
  };
  CHECK_THAT(holder(5, "src/feed.cpp", 1), Contains("src/feed.cpp: nobody"));
  CHECK_THAT(holder(200, "src/feed.cpp"), Contains("shop/alice under 'PARSE'"));
  CHECK_THAT(holder(500, "src/feed.cpp"), Contains("shop/bob under 'PARSE'"));
  CHECK_THAT(holder(1001, "src/feed.cpp", 1), Contains("nobody"));
  CHECK_THAT(holder(1250, "src/parser/lex.cpp"), Contains("shop/carol under 'FIX'"));
  CHECK_THAT(holder(1250, "docs/*.md"), Contains("shop/alice under 'DOCS'"));
  CHECK_THAT(holder(1301, "docs/*.md", 1), Contains("nobody"));
}

TEST_CASE("at takes a lock for nobody's file", "[cli][past]") {
  DatedLog log;
  log.lock(1400, "deploy");
  CHECK_THAT(log.run({"at", DatedLog::after(1500), "state"}), Contains("deploy"));
  CliRun run;
  CHECK(run({"at", DatedLog::after(1500), "who-holds", "src/other.cpp", "--db", log.file()}) == 1);
  CHECK_THAT(run.out(), Contains("nobody"));
  CHECK_THAT(log.run({"at", DatedLog::after(1500), "who-holds", "x", "--worktree", "deploy"}),
             Contains("shop/alice under 'deploy'"));
}

TEST_CASE("at shows the claims and the plan of a moment or an event, and what it can't know",
          "[cli][past]") {
  const DatedLog log;
  const Json state = Json::parse(log.run({"at", DatedLog::after(1250), "state", "--json"}));
  CHECK(state.at("snapshot").at("active_claims").size() == 2);
  CHECK_THAT(log.run({"at", DatedLog::after(1250), "board"}), Contains("Parse <orders>"));
  const std::int64_t handed = log.sql("SELECT seq FROM events WHERE kind = 'handoff'");
  CHECK_THAT(log.run({"at", std::to_string(handed), "state"}), Contains("shop/bob"));
  CHECK_THAT(log.run({"at", std::to_string(handed - 1), "state"}), Contains("shop/alice"));
  CHECK_THAT(log.run({"at", DatedLog::after(500)}),
             Contains("1 claim,") && Contains("1 task on the plan") &&
                 Contains("who was there, and who waited, is not recorded"));
  for (const char* what : {"who", "waits"}) {
    CliRun run;
    CHECK(run({"at", DatedLog::after(500), what, "--db", log.file()}) == 1);
    CHECK(run.out().empty());
    CHECK_THAT(run.err(), Contains("not recorded"));
  }
}

TEST_CASE("refusals and waits are told where the log has them, and counted by SQL as well",
          "[cli][past]") {
  const DatedLog log;
  {
    const auto file = store::SqliteStore::open(log.file());
    REQUIRE(file.has_value());
    const auto row = [](double seconds, const char* kind, const char* payload) {
      return store::Entry{past_start + seconds, kind, payload, core::Durability::written,
                          store::Table::synapse_events};
    };
    REQUIRE((*file)
                ->append(std::vector<store::Entry>{
                    row(1400, "joined", R"({"agent":"shop/dan"})"),
                    row(1410, "refused",
                        R"({"agent":"shop/dan","other":"shop/carol","task_id":"TRY",)"
                        R"("other_task_id":"FIX","word":"scope_held","worktree":"/src/shop",)"
                        R"("paths":["src/parser/lex.cpp"],"number":3})"),
                    row(1420, "queued",
                        R"({"agent":"shop/dan","other":"shop/carol","task_id":"TRY",)"
                        R"("worktree":"/src/shop","paths":["src/parser/lex.cpp"],"number":1})"),
                    row(1660, "unqueued",
                        R"({"agent":"shop/dan","task_id":"TRY","word":"wait_expired"})")})
                .has_value());
  }
  CHECK_THAT(log.run({"log", "--since", DatedLog::after(1390)}),
             Contains("shop/dan was refused src/parser/lex.cpp under 'TRY' 3 times: shop/carol "
                      "has it") &&
                 Contains("shop/dan waits for shop/carol: src/parser/lex.cpp") &&
                 Contains("waits no more for 'TRY' after 4 min of waiting: wait expired") &&
                 !Contains("came"));
  CHECK_THAT(log.run({"log", "--kind", "joined"}), Contains("shop/dan came"));
  const auto then = [&log](double seconds, const char* what) {
    return log.run({"at", DatedLog::after(seconds), what});
  };
  CHECK(then(1500, "who") == "shop/dan\n");
  CHECK(then(1500, "waits") == "shop/dan waits for 'TRY' (src/parser/lex.cpp), for 80 s\n");
  CHECK(then(1700, "waits") == "nobody\n");
  CHECK_THAT(log.run({"at", DatedLog::after(1500)}), Contains("1 agent there, 1 waiting"));
  const Json waits = Json::parse(log.run({"at", DatedLog::after(1500), "waits", "--json"}));
  REQUIRE(waits.size() == 1);
  CHECK(waits[0].at("since") == past_start + 1420);
  CHECK_THAT(log.run({"postmortem", "src/parser/lex.cpp"}),
             Contains("Refused 3 times; waited for once"));
  const Json stats = Json::parse(log.run({"stats", "--json"}));
  CHECK(stats.at("all").at("refusals") ==
        log.sql("SELECT sum(json_extract(payload, '$.number')) FROM synapse_events "
                "WHERE kind = 'refused'"));
  CHECK(stats.at("all").at("waited_median") == 240);
  CHECK(stats.at("refusals_recorded") == true);
}

TEST_CASE("a write across a claim is told with the file and the agent that holds it",
          "[cli][past]") {
  const DatedLog log;
  append(log, core::UnclaimedWrite{AgentName("shop/dan"), AgentName("shop/carol"), TaskId("FIX"),
                                   "/src/shop", "src/parser/lex.cpp", past_start + 1390});
  const std::string said = "shop/dan wrote src/parser/lex.cpp, which shop/carol holds under 'FIX'";
  CHECK_THAT(log.run({"log", "--path", "src/parser"}), Contains(said));
  CHECK_THAT(log.run({"postmortem", "FIX"}), Contains(said));
  CHECK_THAT(log.run({"log", "--path", "docs"}), !Contains(said));
}

TEST_CASE("what an operator did is told, and found by its name and its agent's", "[cli][past]") {
  const DatedLog log;
  const AgentName ann("operator:ann/0a1b");
  append(log, core::OperatorActed{ann, "handoff", AgentName("shop/carol"), TaskId("FIX"),
                                  AgentName("shop/dan"), "go on"});
  const std::string said = "operator:ann/0a1b handed 'FIX' of shop/carol to shop/dan: go on";
  CHECK_THAT(log.run({"log", "--kind", "operated"}), Contains(said));
  CHECK_THAT(log.run({"log", "--agent", "operator:ann/0a1b"}), Contains(said));
  CHECK_THAT(log.run({"log", "--agent", "shop/carol"}), Contains(said));
  CHECK_THAT(log.run({"log", "--agent", "shop/bob"}), !Contains(said));
}

TEST_CASE("a postmortem tells who had a file, for how long, and what they said meanwhile",
          "[cli][past]") {
  const DatedLog log;
  const std::string text = log.run({"postmortem", "src/parser/lex.cpp"});
  CHECK_THAT(text, Contains("claimed 2 times, by shop/alice, shop/bob, shop/carol") &&
                       Contains("Handed over once") &&
                       Contains("Lost once because a lease ran out") &&
                       Contains("shop/carol has had it since") && Contains("half of it is done") &&
                       !Contains("lunch") && Contains("not recorded"));
  const Json told = Json::parse(log.run({"postmortem", "PARSE", "--json"}));
  CHECK(told.at("is") == "task");
  CHECK(told.at("held_seconds") == 990);
  const std::string markdown = log.run({"postmortem", "PARSE", "--markdown"});
  CHECK_THAT(markdown, Contains("# PARSE") && Contains("Parse \\<orders\\>"));
  CHECK(log.run({"postmortem", "nobody/ever/had/this"}, 1).empty());
}

TEST_CASE("stats count what SQL counts, and name the paths that several agents had",
          "[cli][past]") {
  const DatedLog log;
  const Json stats = Json::parse(log.run({"stats", "--json"}));
  CHECK(stats.at("all").at("claims") ==
        log.sql("SELECT count(DISTINCT json_extract(payload, '$.epoch')) FROM events "
                "WHERE kind = 'claim'"));
  CHECK(stats.at("messages") == log.sql("SELECT count(*) FROM events WHERE kind = 'chat'"));
  CHECK(stats.at("hand_offs") == log.sql("SELECT count(*) FROM events WHERE kind = 'handoff'"));
  CHECK(stats.at("all").at("held_seconds") == 390 + 600 + 100);
  CHECK(stats.at("all").at("lapses") == 1);
  CHECK(stats.at("agents").at("shop/bob").at("held_median") == 600);
  CHECK(stats.at("worth_splitting").at(0).at("path") == "src/feed.cpp");
  CHECK(Json::parse(log.run({"stats", "--since", DatedLog::after(1150), "--json"}))
            .at("all")
            .at("claims") == 1);
  CHECK_THAT(log.run({"stats"}),
             Contains("src/feed.cpp in /src/shop: 2 agents") && Contains("not recorded"));
}

TEST_CASE("what would have been with other leases is asked of the same machine", "[cli][past]") {
  const DatedLog log;
  {
    const auto file = store::SqliteStore::open(log.file());
    REQUIRE(file.has_value());
    const store::Entry refused{
        past_start + 1400, "refused",
        R"({"agent":"shop/dan","other":"shop/carol","task_id":"TRY","other_task_id":"FIX",)"
        R"("word":"scope_held","worktree":"/src/shop","paths":["src/parser"],"number":1})",
        core::Durability::written, store::Table::synapse_events};
    REQUIRE((*file)->append(std::vector<store::Entry>{refused}).has_value());
  }
  const auto asked = [&log](const char* rule) {
    return Json::parse(log.run({"stats", "--json", "--what-if", rule})).at("what_if");
  };
  // bob's lease would not have run out before carol came.
  const Json lasting = asked("ttl=100000");
  CHECK(lasting.at("claims") == 3);
  CHECK(lasting.at("claims_refused") == 1);
  CHECK(lasting.at("refusals") == 1);
  CHECK(lasting.at("refusals_granted") == 0);
  CHECK(lasting.at("lapses_at_work") == 0);
  // alice went on after 300 s, carol's claim of 1100 s was over when dan asked at 1400 s.
  const Json brief = asked("ttl=60");
  CHECK(brief.at("refusals_granted") == 1);
  CHECK(brief.at("lapses_at_work") == 2);
  CHECK(brief.at("lapses") == 1);
  // Nobody else named that very path.
  const Json exact = asked("scope=exact");
  CHECK(exact.at("refusals_granted") == 1);
  CHECK(exact.at("claims_refused") == 0);
  CHECK_THAT(log.run({"stats", "--what-if", "ttl=1m"}),
             Contains("Of 1 refusals because of a claim in the way, 1 would have been granted") &&
                 Contains("Not known:"));
  for (const char* rule : {"ttl=1", "ttl=x", "scope=wide", ""}) {
    CliRun run;
    CHECK(run({"stats", "--db", log.file(), "--what-if", rule}) == 2);
    CHECK_THAT(run.err(), Contains("ttl=300"));
  }
}

TEST_CASE("where a log was compacted, the commands say where it begins", "[cli][past]") {
  const DatedLog log;
  {
    auto database =
        store::Database::open(std::filesystem::path(log.file()), SQLITE_OPEN_READWRITE, nullptr);
    REQUIRE(database.has_value());
    REQUIRE(database->run("DELETE FROM events WHERE seq < 5").has_value());
  }
  CliRun run;
  CHECK(run({"log", "--db", log.file()}) == 0);
  CHECK_THAT(run.err(), Contains("the log begins at") && Contains("event 5"));
  CHECK(run({"at", "2", "state", "--db", log.file()}) == 1);
  CHECK_THAT(run.err(), Contains("the log begins at"));
  CHECK(run({"postmortem", "PARSE", "--db", log.file()}) == 0);
  CHECK_THAT(run.err(), Contains("the log begins at"));
}

TEST_CASE("without a log at its usual place, the commands say how to name one", "[cli][past]") {
  const TempDir home;
  CliRun run(synapse::test::Variables{{"HOME", home.path().string()}});
  CHECK(run({"log"}) == 1);
  CHECK_THAT(run.err(), Contains("--db"));
}
