// SPDX-License-Identifier: AGPL-3.0-or-later
// A hub and workers at once, as processes of their own, until one of them or the whole is ended.
//
// The children are in process groups of their own: a Ctrl-C then reaches this process alone, which
// ends them in reverse order, so that no worker loses its hub first. Where this process is killed
// the kernel ends them.
#include <poll.h>

#include <algorithm>
#include <csignal>
#include <ostream>

#include "cli/client/connection.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/output/render.hpp"
#include "cli/process/child.hpp"
#include "net/http_client.hpp"
#include "synapse/protocol.hpp"
#include "workers/model_backend.hpp"
#include "workers/model_codec.hpp"
#include "workers/team_plan.hpp"

namespace synapse::cli::commands {

namespace {

constexpr std::chrono::milliseconds model_list_patience(2000);
constexpr std::chrono::milliseconds hub_patience(10'000);
constexpr std::chrono::milliseconds end_patience(2000);

struct TeamArguments {
  int port = protocol::default_port;
  bool no_workers = false;
  std::string ollama = "http://127.0.0.1:11434";
  workers::TeamWishes wishes;
};

struct Member {
  std::string label;
  Child child;
};

// The processes, and what becomes of them.
class Team {
 public:
  Team(Context& context, SignalWatch& watch) : context_(context), watch_(watch) {}
  ~Team() { end_all(); }
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  // False: it has said why not.
  [[nodiscard]] bool start(const std::string& label, const std::vector<std::string>& words) {
    ChildSetup setup;
    setup.place = ChildSetup::Place::own_group;
    setup.signal_at_starters_end = SIGTERM;
    Result<Child> child = Child::start(words, setup);
    if (!child) {
      context_.err << context_.command << ": cannot start " << label << ": "
                   << child.error().message << '\n';
      return false;
    }
    members_.push_back({label, *std::move(child)});
    context_.out << "[team] started " << label << std::endl;
    return true;
  }

  // Until a signal comes, a member ends (the exit code of the whole, in both cases), or the time is
  // over.
  [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds patience) {
    std::vector<pollfd> events{{watch_.descriptor(), POLLIN, 0}};
    for (const Member& member : members_) events.push_back({member.child.descriptor(), POLLIN, 0});
    poll(events.data(), events.size(), static_cast<int>(patience.count()));
    if (watch_.take()) {
      context_.out << "[team] stopping." << std::endl;
      return exit_code::ok;
    }
    for (std::size_t i = 0; i < members_.size(); ++i) {
      if ((events[i + 1].revents & POLLIN) == 0) continue;
      const int code = members_[i].child.wait();
      context_.out << "[team] " << members_[i].label << " has ended with code " << code
                   << "; stopping." << std::endl;
      members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(i));
      return code;
    }
    return std::nullopt;
  }

 private:
  void end_all() {
    for (; !members_.empty(); members_.pop_back()) {
      Child& child = members_.back().child;
      child.send_signal(SIGTERM);
      pollfd event{child.descriptor(), POLLIN, 0};
      poll(&event, 1, static_cast<int>(end_patience.count()));
      if ((event.revents & POLLIN) == 0) child.send_signal(SIGKILL);
      [[maybe_unused]] const int code = child.wait();
    }
  }

  Context& context_;
  SignalWatch& watch_;
  std::vector<Member> members_;
};

std::string hub_uri(const TeamArguments& options) {
  return "ws://localhost:" + std::to_string(options.port);
}

// The models of the Ollama; none when there is no Ollama, and then it says so.
std::vector<std::string> find_models(Context& context, const net::Uri& ollama) {
  net::HttpClientOptions settings;
  settings.timeout = model_list_patience;
  net::HttpClient client(settings);
  net::HttpCall call;
  call.uri = ollama;
  call.uri.target += "/api/tags";
  call.request.method = "GET";
  const Result<net::HttpResponse> response = client.exchange(call);
  Result<std::vector<std::string>> models = fail(ErrorCode::unreachable);
  if (response) {
    models = workers::models_of({response->status, response->content_type,
                                 response->header("Retry-After"), response->body});
  } else {
    models = response.error();
  }
  if (!models) {
    context.out << "[team] no models: no Ollama at " << ollama.authority() << " ("
                << shown(models.error().message) << ")." << std::endl;
    return {};
  }
  if (models->empty()) {
    context.out << "[team] no models: the Ollama at " << ollama.authority() << " has none; see "
                << "`ollama pull`." << std::endl;
  }
  return *std::move(models);
}

// Waits until the hub that this team started answers; another one on the same port does not count.
// The exit code if there is no use in going on.
std::optional<int> await_hub(Context& context, Team& team, AgentOptions settings,
                             const std::string& hub_id) {
  constexpr std::chrono::milliseconds retry_delay(25);
  const base::Mono end = context.clock.now().mono + hub_patience;
  settings.ready_timeout = model_list_patience;
  while (time_until(context, end).count() > 0) {
    Agent agent(settings);
    if (const Result<> connected = agent.connect(); connected) {
      const Result<Reply> roster = agent.who();
      if (roster && roster->granted && text_of(*roster->frame, "hub_id") == hub_id) {
        return std::nullopt;
      }
    }
    if (const std::optional<int> code = team.wait(retry_delay)) return code;
  }
  context.err << context.command << ": the hub does not answer at " << settings.uri << '\n';
  return exit_code::failed;
}

void explain(Context& context, const TeamArguments& options,
             const std::vector<workers::TeamMember>& members) {
  context.out << "\nReady. From another terminal:\n  synapse listen --uri " << hub_uri(options)
              << " --name USER\n";
  if (!members.empty()) {
    context.out << "  synapse send --uri " << hub_uri(options) << " --name USER --target "
                << shown(members.front().name) << " \"what is the plan?\"\n"
                << "Workers answer whoever targets or names them, and USER always.\n";
  }
  context.out << "Ctrl-C here stops the hub and all workers.\n" << std::endl;
}

std::vector<std::string> worker_words(const std::string& program, const TeamArguments& options,
                                      const net::Uri& ollama, const workers::TeamMember& member) {
  std::vector<std::string> words{program,          "worker", "--uri",
                                 hub_uri(options), "--name", member.name};
  if (member.model.empty()) {
    words.insert(words.end(), {"--provider", "rule"});
    return words;
  }
  const std::string scheme = ollama.scheme == net::Uri::Scheme::https ? "https://" : "http://";
  words.insert(words.end(), {"--provider", "ollama", "--model", member.model, "--base-url",
                             scheme + ollama.authority() + ollama.target + "/v1"});
  return words;
}

int run(Context& context, const TeamArguments& options) {
  const Result<net::Uri> ollama = workers::parse_base_url(options.ollama);
  if (!ollama) {
    return explain_usage(context,
                         fail(ErrorCode::bad_argument, "--ollama: " + ollama.error().message));
  }
  const Result<std::string> program = own_program();
  ConnectionOptions connection;
  connection.uri = hub_uri(options);
  connection.role = options.wishes.prefix + "TEAM";
  const Result<AgentOptions> settings = observer_options(context, connection);
  if (!program) return explain_usage(context, program.error());
  if (!settings) return explain_usage(context, settings.error());

  const auto watch = context.signals.watch({SIGINT, SIGTERM, SIGHUP});
  std::vector<workers::TeamMember> members;
  if (!options.no_workers) {
    members = workers::team_of(options.wishes, find_models(context, *ollama));
  }
  const std::string hub_id =
      "team-" + std::to_string(static_cast<std::uint64_t>(context.random() * 1e15));
  Team team(context, *watch);
  if (!team.start("the hub",
                  {*program, "hub", "--port", std::to_string(options.port), "--hub-id", hub_id})) {
    return exit_code::failed;
  }
  if (const auto code = await_hub(context, team, *settings, hub_id)) return *code;
  for (const workers::TeamMember& member : members) {
    const std::string by = member.model.empty() ? "by rule" : "with " + member.model;
    const std::string label = shown(member.name) + ", who answers " + shown(by);
    if (!team.start(label, worker_words(*program, options, *ollama, member))) {
      return exit_code::failed;
    }
  }
  explain(context, options, members);
  constexpr std::chrono::hours look_interval(1);
  for (;;) {
    if (const std::optional<int> code = team.wait(look_interval)) return *code;
  }
}

}  // namespace

Runner team(OptionSet& set) {
  auto options = std::make_shared<TeamArguments>();
  set.integer({"--port", "PORT", "of the hub"}, options->port, {1, 65'535});
  set.flag("--no-workers", options->no_workers, "start the hub alone");
  set.text({"--fast-model", "MODEL", "for FAST [the quickest known that the Ollama has]"},
           options->wishes.fast_model);
  set.text({"--reason-model", "MODEL", "for REASON [the best known that the Ollama has]"},
           options->wishes.reason_model);
  set.text({"--prefix", "TEXT", "put before the workers' names, such as shop/"},
           options->wishes.prefix);
  set.text({"--ollama", "URL", "where the models are"}, options->ollama);
  set.example("synapse team");
  set.example("synapse team --port 8900 --prefix shop/ --fast-model gemma3:1b");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
