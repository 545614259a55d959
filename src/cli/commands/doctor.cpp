// SPDX-License-Identifier: AGPL-3.0-or-later
#include <algorithm>
#include <csignal>
#include <ostream>

#include "base/time_text.hpp"
#include "cli/client/cluster_hubs.hpp"
#include "cli/client/connection.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/output/render.hpp"
#include "cli/setup/user_services.hpp"
#include "client/frames.hpp"
#include "services/diagnosis.hpp"

namespace synapse::cli::commands {

namespace {

using services::Finding;
using services::Health;

struct DoctorArguments {
  ConnectionOptions connection;
  services::IdentityOptions who;
  std::optional<std::string> identity;
  std::optional<std::string> send_name;
  ServiceOptions services;
  bool fix = false;
  bool json = false;
};

// What was done about it, beside what was found.
struct Treatment {
  std::vector<std::string> commands;  // That would do it.
  std::vector<ServiceStep> steps;     // That were taken.
};

services::Roster ask_roster(const AgentOptions& settings) {
  Agent agent(settings);
  if (const Result<> connected = agent.connect(); !connected) return connected.error();
  const Result<Reply> reply = agent.who();
  if (!reply) return reply.error();
  if (!reply->granted) return fail(ErrorCode::closed, "refused: " + refusal(*reply));
  return texts_of(*reply->frame, "online_agents");
}

// A service that was started a moment ago needs one: as long as a hub may take to welcome.
services::Roster wait_for_services(Context& context, const AgentOptions& settings,
                                   const services::Identity& who) {
  constexpr std::chrono::milliseconds pause(100);
  const auto watch = context.signals.watch({SIGINT, SIGTERM});
  const base::Mono end = context.clock.now().mono + settings.ready_timeout;
  for (;;) {
    services::Roster online = ask_roster(settings);
    const bool well = services::check_waiter(who, online).health == Health::ok;
    if (well || time_until(context, end).count() == 0) return online;
    if (sleep_unless_signalled(*watch, pause)) return online;
  }
}

// Of the identity, as far as the hub keeps mailboxes and lets this user look.
services::UnreadMail ask_mail(const Context& context, const AgentOptions& settings,
                              const services::Identity& who) {
  Agent agent(settings);
  if (!agent.connect() || !agent.has_feature("receipts")) return {};
  InboxRequest wish;
  wish.whose = who.identity;
  wish.limit = 1;
  const Result<Reply> reply = agent.inbox(wish);
  if (!reply || !reply->granted) return {};
  const Json& oldest = member(*reply->frame, "messages");
  if (oldest.empty()) return {};
  const double since = client::number_member(oldest.front(), "timestamp");
  return {client::count_member(*reply->frame, "unseen"),
          base::time_of_day(since, context.clock.now().wall)};
}

services::ClusterHealth cluster_health(const Json& status) {
  services::ClusterHealth health;
  health.has_quorum = member(status, "quorum") == true;
  const std::string agreement = text_of(status, "agreement");
  health.agrees = agreement != "differs" && agreement != "alone";
  double least = 0;
  double most = 0;
  const Json& hubs = member(status, "hubs");
  for (const Json& hub : hubs.is_array() ? hubs : Json::array()) {
    if (member(hub, "silent") == true) health.silent.push_back(text_of(hub, "name"));
    if (member(hub, "draining") == true) health.draining.push_back(text_of(hub, "name"));
    const double ahead = client::number_member(hub, "clock_ahead");
    least = health.versions.empty() ? ahead : std::min(least, ahead);
    most = health.versions.empty() ? ahead : std::max(most, ahead);
    health.versions.push_back(text_of(hub, "version"));
  }
  health.clocks_apart = most - least;
  return health;
}

std::vector<services::EtcdHealth> etcd_health(const Json& status) {
  std::vector<services::EtcdHealth> health;
  const Json& nodes = member(status, "nodes");
  for (const Json& node : nodes.is_array() ? nodes : Json::array()) {
    services::EtcdHealth& one = health.emplace_back();
    one.at = text_of(node, "at");
    one.problem = text_of(node, "error");
    const double quota = client::number_member(node, "quota");
    if (quota > 0) one.quota_used = client::number_member(node, "file") / quota;
    const Json& sync = member(node, "sync_p99");
    if (sync.is_number()) one.sync_p99 = sync.get<double>();
  }
  return health;
}

// Nothing, if the hub is alone or can't be asked.
void look_at_cluster(const AgentOptions& settings, std::vector<Finding>& findings) {
  const Result<Json> status = ask_cluster_status(settings);
  if (!status) return;
  findings.push_back(services::check_cluster(cluster_health(*status)));
  const auto etcd = services::check_etcd(etcd_health(*status));
  if (etcd) findings.push_back(*etcd);
}

std::vector<Finding> look(const DoctorArguments& options, const services::Identity& who,
                          const AgentOptions& settings, const services::Roster& online) {
  const auto token = settings.token.empty() ? services::Token::none : services::Token::given;
  return {services::check_identity(who),
          services::check_send_identity(options.send_name.value_or(who.identity), who.project),
          services::check_exposure(settings.uri, token), services::check_hub(settings.uri, online),
          services::check_waiter(who, online)};
}

std::string_view word_for(Health health) {
  switch (health) {
    case Health::ok:
      return "ok";
    case Health::warning:
      return "warn";
    case Health::failure:
      return "FAIL";
  }
  return "";
}

Tint tint_of(Health health) {
  switch (health) {
    case Health::ok:
      return Tint::good;
    case Health::warning:
      return Tint::busy;
    case Health::failure:
      return Tint::bad;
  }
  return Tint::none;
}

std::string summary(const services::Verdict& verdict) {
  const std::string warnings = std::to_string(verdict.warnings) + " warning(s)";
  if (verdict.failures > 0) {
    return "FAILED — " + std::to_string(verdict.failures) + " failure(s), " + warnings;
  }
  return verdict.warnings > 0 ? warnings + ", no failures" : "all clear";
}

void print_text(Context& context, const std::vector<Finding>& findings,
                const Treatment& treatment) {
  const Style style(context);
  context.out << render_steps(treatment.steps);
  for (const Finding& finding : findings) {
    const std::string mark = "[" + std::string(word_for(finding.health)) + "]";
    context.out << style.tinted(tint_of(finding.health), mark) << ' ' << finding.check << ": "
                << shown(finding.what) << '\n';
    if (!finding.remedy.empty()) context.out << "      → " << shown(finding.remedy) << '\n';
  }
  context.out << "synapse doctor: " << summary(judge(findings)) << '\n';
  if (treatment.commands.empty()) return;
  context.out << "\nTo have the hub, the presence and the listener kept running:\n";
  for (const std::string& line : treatment.commands) context.out << "  " << shown(line) << '\n';
}

void print_json(Context& context, const services::Identity& who,
                const std::vector<Finding>& findings, const Treatment& treatment) {
  const services::Verdict verdict = judge(findings);
  Json report = {{"failures", verdict.failures}, {"warnings", verdict.warnings},
                 {"project", who.project},       {"identity", who.identity},
                 {"waiter", who.waiter},         {"source", services::to_text(who.source)},
                 {"checks", Json::array()},      {"commands", treatment.commands},
                 {"steps", Json::array()}};
  for (const Finding& finding : findings) {
    report["checks"].push_back({{"check", finding.check},
                                {"result", word_for(finding.health)},
                                {"what", finding.what},
                                {"remedy", finding.remedy}});
  }
  for (const ServiceStep& step : treatment.steps) {
    report["steps"].push_back({{"what", step.what}, {"text", step.text}});
  }
  context.out << render_json(report);
}

Treatment treat(Context& context, const DoctorArguments& options, services::Identity who) {
  if (options.identity) who.identity = *options.identity;
  Treatment treatment;
  if (options.fix) {
    if (auto lines = set_up_lines(who)) {
      treatment.commands = *std::move(lines);
    } else {
      treatment.steps.push_back({"FAILED", lines.error().message});
    }
  }
  if (options.services.install || options.services.start) {
    if (auto steps = set_up_services(context, options.services, who)) {
      treatment.steps = *std::move(steps);
    } else {
      treatment.steps = {{"FAILED", steps.error().message}};
    }
  }
  return treatment;
}

int run(Context& context, const DoctorArguments& options) {
  const Result<services::Identity> found =
      services::resolve_identity(context.environment, context.folder, options.who);
  if (!found) return explain_usage(context, found.error());
  const services::Identity& who = *found;
  ConnectionOptions connection = options.connection;
  connection.name = who.identity;
  const Result<AgentOptions> settings = observer_options(context, connection);
  if (!settings) return explain_usage(context, settings.error());
  const Treatment treatment = treat(context, options, who);
  const bool started = options.services.start && !has_failed(treatment.steps);
  const services::Roster online =
      started ? wait_for_services(context, *settings, who) : ask_roster(*settings);
  std::vector<Finding> findings = look(options, who, *settings, online);
  if (online) {
    const auto mail = services::check_mail(who.identity, ask_mail(context, *settings, who));
    if (mail) findings.push_back(*mail);
    look_at_cluster(*settings, findings);
  }
  if (options.json) {
    print_json(context, who, findings, treatment);
  } else {
    print_text(context, findings, treatment);
  }
  const bool failed = judge(findings).failures > 0 || has_failed(treatment.steps);
  return failed ? exit_code::failed : exit_code::ok;
}

}  // namespace

Runner doctor(OptionSet& set) {
  auto options = std::make_shared<DoctorArguments>();
  set.text({"--project", "PROJECT", "the project [as `syn name` has it]"}, options->who.project);
  set.text({"--id", "ID", "one agent among several of it: PROJECT/TYPE-ID"}, options->who.id);
  set.text({"--type", "TYPE", "of that agent"}, options->who.type);
  set.text({"--send-name", "NAME", "a name that you send as [the identity]"}, options->send_name);
  set.flag("--json", options->json, "print one JSON document");
  set.flag("--fix", options->fix, "print the commands that set the services up");
  add_service_options(set, options->services);
  add_service_program_option(set, options->services);
  set.text({"--identity", "NAME", "whose messages the listener hears [the identity]"},
           options->identity);
  add_hub_options(set, options->connection);
  set.example("synapse doctor --project shop");
  set.example("synapse doctor --json | jq -e '.failures == 0'");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
