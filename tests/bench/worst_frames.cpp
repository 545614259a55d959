// SPDX-License-Identifier: AGPL-3.0-or-later
// The dearest frame of each type in the worst state that the default limits allow, as far as we
// have found it: prints what it costs the hub's strand, and the connection's to decode it. No frame
// may hold the hub's strand for more than 20 ms (a release build); exits with 1 if one does.
//
// A new limit, or a new walk over state, belongs in here.
#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>

#include "bench/hub_table.hpp"

namespace {

using namespace synapse;
using namespace synapse::bench;

constexpr double strand_seconds_max = 0.020;

std::string repeated(std::string_view part, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += part;
  return text;
}

std::string number(std::size_t n) { return std::to_string(n); }

// A list of JSON strings.
std::string list_of(std::size_t count, const std::function<std::string(std::size_t)>& text) {
  std::string list = "[";
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) list += ',';
    list += '"' + text(i) + '"';
  }
  return list + "]";
}

std::string claim(const std::string& task, const std::string& paths, std::string_view more = {}) {
  return R"({"type":"claim","task_id":")" + task + R"(","worktree":"w","paths":)" + paths +
         std::string(more) + "}";
}

std::string waiting(const std::string& task, const std::string& paths) {
  return claim(task, paths, R"(,"wait":true)");
}

std::string named(const std::string& type, const std::string& task, std::string_view more = {}) {
  return R"({"type":")" + type + R"(","task_id":")" + task + "\"" + std::string(more) + "}";
}

const std::string& megabyte() {
  static const std::string text(1'000'000, 'x');
  return text;
}

class Report {
 public:
  void add(const std::string& type, const std::string& state, const Cost& cost) {
    std::printf("%-20s %-58s %9.2f %9.2f %9zu\n", type.c_str(), state.c_str(), 1e3 * cost.strand,
                1e3 * cost.decode, cost.bytes);
    std::fflush(stdout);
    is_good_ = is_good_ && cost.strand <= strand_seconds_max;
  }
  [[nodiscard]] bool is_good() const { return is_good_; }

 private:
  bool is_good_ = true;
};

Cost worst_of(int rounds, const std::function<Cost()>& round) {
  Cost worst;
  for (int i = 0; i < rounds; ++i) {
    const Cost cost = round();
    if (cost.strand > worst.strand) worst = cost;
  }
  return worst;
}

// Patterns, as many as may begin at the top, and claims beside them.
void patterns(Report& report) {
  HubTable hub;
  for (const char* agent : {"A", "C"}) {
    const hub::SharedSession session = hub.join(agent);
    for (std::size_t i = 0; i < 128; ++i) {
      const std::string start = std::string("*0") + agent;
      (void)hub.say(session, claim(agent + number(i), list_of(8, [&](std::size_t k) {
                                     return start + number(100 + i) + "*b*" + number(k);
                                   })));
    }
  }
  const hub::SharedSession b = hub.join("B");
  report.add("claim", "512 files beside all patterns that may begin at the top",
             hub.say(b, claim("files",
                              list_of(512, [](std::size_t i) { return "q" + number(i) + "/x"; }))));
  report.add("claim", "the same, of 64 KiB",
             hub.say(b, claim("long", list_of(512, [](std::size_t i) {
                                return repeated("0A1*", 0) + repeated("0A1b", 30) + number(i);
                              }))));
  report.add("claim", "the same, waiting",
             hub.say(b, waiting("wait", list_of(512, [](std::size_t i) {
                                  return repeated("0A1b", 30) + number(i);
                                }))));
  report.add("claim", "32 patterns of 256 bytes against them",
             hub.say(b, claim("patterns", list_of(32, [](std::size_t i) {
                                return "q/" + repeated("?", 250) + number(i % 10);
                              }))));
  report.add("claim", "32 patterns without a star against them",
             hub.say(b, claim("plain", list_of(32, [](std::size_t i) {
                                return repeated("?", 30) + number(i % 10);
                              }))));
  report.add("claim", "one path 250,000 times",
             hub.say(b, claim("same", list_of(250'000, [](std::size_t) { return "a"; }))));
}

// A worktree full of files, and patterns that have to be held against each name.
void names(Report& report) {
  HubTable hub;
  const hub::SharedSession a = hub.join("A");
  const hub::SharedSession c = hub.join("C");
  for (std::size_t i = 0; i < 128; ++i) {
    const auto files = [i](const char* letter) {
      return list_of(512, [&](std::size_t k) { return letter + number(i * 512 + k) + "/a/b"; });
    };
    (void)hub.say(a, claim("a" + number(i), files("a")));
    (void)hub.say(c, claim("c" + number(i), files("c")));
  }
  const hub::SharedSession b = hub.join("B");
  report.add(
      "claim", "32 patterns against 131,072 names",
      hub.say(b, claim("p", list_of(32, [](std::size_t i) { return "*" + number(i) + "x*y*z"; }))));
  report.add("claim", "the whole worktree, with 65,536 paths of one's own and as many of another",
             hub.say(a, claim("all", R"([""])")));
  report.add("renew", "a claim of 512 paths", hub.say(a, named("renew", "a1")));
  report.add("handoff", "a claim of 512 paths",
             hub.say(a, named("handoff", "a1", R"(,"to_agent":"B")")));
  report.add("release", "a claim of 512 paths", hub.say(a, named("release", "a2")));
  report.add("state_request", "200,000 paths, max_bytes 1 GiB",
             hub.say(b, R"({"type":"state_request","max_bytes":1073741824})"));
}

std::string agent_name(std::size_t i) { return "agent" + number(i); }

// The queue is full; everybody waits for what one agent holds.
void queue(Report& report) {
  for (const bool is_one_path : {true, false}) {
    HubTable hub;
    const std::string shape = is_one_path ? "for one path" : "for paths in one folder";
    const hub::SharedSession a = hub.join("A");
    (void)hub.say(a, claim("held", R"(["held"])"));
    std::vector<hub::SharedSession> agents;
    Cost last;
    for (std::size_t i = 0; i < 10'000; ++i) {
      if (i % 64 == 0) agents.push_back(hub.join(agent_name(i / 64)));
      const std::string path = is_one_path ? "held" : "held/" + number(i);
      last = hub.say(agents.back(), waiting("t" + number(i), "[\"" + path + "\"]"));
    }
    report.add("claim (waiting)", "the last of 10,000 " + shape, last);
    const hub::SharedSession z = hub.join("Z");
    report.add("claim", "elsewhere, 10,000 waiting " + shape,
               hub.say(z, claim("else", R"(["else"])")));
    report.add("wait_request", "10,000 waiting " + shape,
               hub.say(z, named("wait_request", "held")));
    report.add("leave", "an agent with 64 places, 10,000 waiting " + shape,
               hub.leave(agents.front()));
    report.add("release", "that 10,000 wait for " + shape, hub.say(a, named("release", "held")));
    report.add("time passes", "what came up from the queue follows", hub.tick_until_idle());
    report.add("leave", "an agent with all its claims and places", hub.leave(agents.at(2)));
  }
}

// Everybody waits for somebody, so that a search for a circle has far to go.
void tangle(Report& report) {
  HubTable hub;
  std::vector<hub::SharedSession> agents;
  constexpr std::size_t count = 150;
  for (std::size_t i = 0; i < count; ++i) agents.push_back(hub.join(agent_name(i)));
  const auto own = [](std::size_t i, std::size_t k) { return "d" + number(i) + "/" + number(k); };
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t k = 0; k < 64; ++k) {
      (void)hub.say(agents[i], claim("h" + number(i) + "." + number(k), "[\"" + own(i, k) + "\"]"));
    }
  }
  Cost dearest;
  for (std::size_t i = 1; i < count; ++i) {
    for (std::size_t k = 0; k < 64; ++k) {
      const std::string paths =
          list_of(10, [&](std::size_t p) { return own((i * p) % i, (k + p) % 64); });
      const Cost cost = hub.say(agents[i], waiting("w" + number(i) + "." + number(k), paths));
      if (cost.strand > dearest.strand) dearest = cost;
    }
  }
  report.add("claim (waiting)", "the dearest while 9,500 come to wait for each other", dearest);
  const hub::SharedSession z = hub.join("Z");
  (void)hub.say(z, claim("z", R"(["z"])"));
  report.add("claim (waiting)", "by the agent that all of them wait for",
             hub.say(agents[0], waiting("last", R"(["z"])")));
  report.add("wait_request", "by the agent that all of them wait for",
             hub.say(agents[0], named("wait_request", "z")));
  report.add("leave", "the agent that all of them wait for", hub.leave(agents[0]));
  report.add("time passes", "after that", hub.tick_until_idle());
}

void expiry(Report& report) {
  HubTable hub;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    core::Lease lease;
    lease.task_id = TaskId("t" + number(i));
    lease.owner = AgentName(agent_name(i / 100));
    lease.paths = {lease.task_id.text};
    lease.epoch = Epoch{i + 1};
    lease.checkpoint = std::string(8'000, 'x');
    lease.deadline = hub.now().mono + std::chrono::seconds(10);
    hub.replay(core::LeaseGranted{std::move(lease)});
  }
  const hub::SharedSession z = hub.join("Z");
  hub.advance(10);
  report.add("claim", "while 20,000 leases with checkpoints of 8 KB run out",
             hub.say(z, claim("z", R"(["z"])")));
  report.add("time passes", "20,000 leases with checkpoints of 8 KB run out",
             hub.tick_until_idle());
}

std::string declare(const std::string& task, const std::string& on) {
  return named("ledger_task", task, R"(,"title":"t","depends_on":)" + on);
}

void plan(Report& report) {
  HubTable hub;
  const hub::SharedSession a = hub.join("A");
  report.add("ledger_task", "250,000 dependencies",
             hub.say(a, declare("many", list_of(250'000, [](std::size_t) { return "a"; }))));
  for (std::size_t i = 0; i < 400; ++i) {
    (void)hub.say(
        a, declare("t" + number(i), list_of(std::min<std::size_t>(i, 110), [&](std::size_t k) {
                     return "t" + number(i - 1 - k);
                   })));
  }
  report.add("ledger_task", "depends on the last of 400 that depend on 110 others each",
             hub.say(a, declare("last", R"(["t399"])")));
  report.add("ledger_task", "all others turn out to depend on it",
             worst_of(3, [&] { return hub.say(a, declare("t0", R"(["last","new"])")); }));
  report.add("ledger_task", "moves the first behind a new one", hub.say(a, declare("new2", "[]")));
  report.add("ledger_task", "the same", hub.say(a, declare("t0", R"(["new2"])")));
  HubTable wide;
  const hub::SharedSession b = wide.join("B");
  for (std::size_t i = 0; i < 49'000; ++i)
    (void)wide.say(b, declare("t" + number(i), R"(["root"])"));
  report.add("ledger_task", "49,000 wait for it", wide.say(b, declare("root", R"(["up"])")));
  (void)wide.say(b, declare("up", "[]"));
  report.add("ledger_task", "49,000 wait for it, and it moves behind the last one",
             worst_of(2, [&] {
               (void)wide.say(b, declare("late", "[]"));
               return wide.say(b, declare("root", R"(["late","up"])"));
             }));
  report.add("ledger_task_update", "49,000 wait for it",
             wide.say(b, named("ledger_task_update", "root", R"(,"status":"done")")));
  report.add("board_request", "49,000 tasks", wide.say(b, R"({"type":"board_request"})"));
  report.add("board_request", "49,000 tasks, max_bytes 1 GiB",
             wide.say(b, R"({"type":"board_request","max_bytes":1073741824})"));
}

void crowd(Report& report) {
  HubTable hub;
  std::vector<hub::SharedSession> all;
  for (std::size_t i = 0; i < 1000; ++i) {
    all.push_back(hub.join(number(1000 + i) + std::string(250, 'a')));
  }
  report.add("join", "with 1,000 others that have names of 254 bytes", [&] {
    const double start = thread_seconds();
    all.push_back(hub.join("Z"));
    return Cost{0, thread_seconds() - start, 0};
  }());
  const hub::SharedSession z = all.back();
  report.add("who_request", "the same", hub.say(z, R"({"type":"who_request"})"));
  report.add("chat", "1 MB to all of them",
             hub.say(z, R"({"type":"chat","payload":")" + megabyte() + "\"}"));
  report.add("leave", "one of them", hub.leave(all.front()));
  HubTable choosy;
  for (std::size_t i = 0; i < 1000; ++i) {
    const std::string names =
        list_of(16, [](std::size_t k) { return std::string(240, 'a') + number(k); });
    (void)choosy.join("c" + number(i),
                      R"(,"interest":{"types":["chat"],"chat":"addressed","names":)" + names + "}");
  }
  const hub::SharedSession y = choosy.join("Y");
  report.add(
      "chat", "a pattern for a target, 1,000 readers with 16 long names each",
      choosy.say(y, R"({"type":"chat","payload":"x","target":")" + repeated("*a", 127) + "b\"}"));
  report.add(
      "chat", "128 names for a target, the same readers",
      choosy.say(y, R"({"type":"chat","payload":"x","target":")" + repeated("b,", 127) + "b\"}"));
}

void large_frames(Report& report) {
  HubTable hub;
  const hub::SharedSession a = hub.join("A");
  const std::string text = "\"" + megabyte() + "\"";
  report.add("claim", "a note of 1 MB", hub.say(a, claim("n", R"(["n"])", R"(,"note":)" + text)));
  report.add("checkpoint", "1 MB",
             hub.say(a, named("checkpoint", "n", R"(,"checkpoint":)" + text)));
  report.add("renew", "a note and a checkpoint of 1 MB", hub.say(a, named("renew", "n")));
  report.add("task_update", "a note of 1 MB",
             hub.say(a, named("task_update", "n", R"(,"note":)" + text)));
  report.add("ledger_task", "1 MB",
             hub.say(a, named("ledger_task", "p", R"(,"title":"t","description":)" + text)));
  report.add("ledger_progress", "1 MB",
             hub.say(a, named("ledger_progress", "p", R"(,"text":)" + text)));
  report.add("resource", "1 MB",
             hub.say(a, R"({"type":"resource","kind":"k","name":"n","meta":{"a":)" + text + "}}"));
  report.add("advertise", "250,000 skills",
             hub.say(a, R"({"type":"advertise","skills":)" +
                            list_of(130'000, [](std::size_t i) { return number(i); }) + "}"));
  report.add("recall_log", "250,000 ids",
             hub.say(a, R"({"type":"recall_log","query_text":"q","returned_claim_ids":)" +
                            list_of(250'000, [](std::size_t) { return "a"; }) + "}"));
  report.add("finding", "1 MB",
             hub.say(a, R"({"type":"finding","statement":)" + text +
                            R"(,"subkind":"note","provenance":{},"validity":{}})"));
  const std::string keyed = named("ledger_progress", "p", R"(,"idem_key":"k","text":)" + text);
  (void)hub.say(a, keyed);
  report.add("ledger_progress", "1 MB, answered again", hub.say(a, keyed));
  for (int i = 0; i < 40; ++i) {
    (void)hub.say(a, claim("s" + number(static_cast<std::size_t>(i)), "[]",
                           R"(,"scope":"none","note":)" + text));
  }
  report.add("state_request", "40 claims with notes of 1 MB, max_bytes 1 GiB",
             hub.say(a, R"({"type":"state_request","max_bytes":1073741824})"));
  for (int i = 0; i < 70; ++i) {
    (void)hub.say(a, R"({"type":"chat","payload":)" + text + "}");
  }
  for (const char* room : {"", R"(,"max_bytes":1073741824)"}) {
    report.add("history_request", std::string("64 MB of chat") + room,
               hub.say(a, R"({"type":"history_request")" + std::string(room) + "}"));
    report.add("resume_request", std::string("64 MB of chat") + room,
               hub.say(a, R"({"type":"resume_request","since":0)" + std::string(room) + "}"));
    report.add("manifest_request", std::string("a card of 1 MB") + room,
               hub.say(a, R"({"type":"manifest_request")" + std::string(room) + "}"));
  }
}

void names_in_use(Report& report) {
  HubTable hub;
  const std::string attach = R"(,"attach":true,"instance":"one")";
  (void)hub.join("N", attach);
  for (std::uint64_t i = 2; i < 20'000; ++i) {
    core::Lease lease;
    lease.task_id = TaskId("t" + number(i));
    lease.owner = AgentName("N-" + number(i));
    lease.paths = {lease.task_id.text};
    lease.epoch = Epoch{i};
    lease.deadline = hub.now().mono + std::chrono::hours(1);
    hub.replay(core::LeaseGranted{std::move(lease)});
  }
  const double start = thread_seconds();
  (void)hub.join("N", R"(,"attach":true,"instance":"two")");
  report.add("join", "a name in use, whose next 20,000 are, too", {0, thread_seconds() - start, 0});
}

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string, std::function<void(Report&)>> parts{
      {"patterns", patterns}, {"names", names},        {"queue", queue},
      {"tangle", tangle},     {"expiry", expiry},      {"plan", plan},
      {"crowd", crowd},       {"large", large_frames}, {"names_in_use", names_in_use}};
  std::printf("%-20s %-58s %9s %9s %9s\n", "frame", "state", "strand ms", "decode ms", "bytes");
  Report report;
  for (const auto& [name, part] : parts) {
    if (argc < 2 || std::find(argv + 1, argv + argc, name) != argv + argc) part(report);
  }
  return report.is_good() ? 0 : 1;
}
