// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/bridge.hpp"

#include <array>
#include <utility>

#include "client/frames.hpp"
#include "wire/task_marker.hpp"

namespace synapse::a2a {

namespace {

constexpr std::chrono::seconds card_age_max{1};
constexpr std::chrono::seconds card_patience{2};
constexpr auto with_artifacts = ListTasks::Artifacts::show;

// A version 4 UUID.
std::string uuid(std::mt19937_64& random) {
  constexpr const char* digits = "0123456789abcdef";
  const std::array<std::uint64_t, 2> words{random(), random()};
  std::string text;
  for (unsigned i = 0; i < 32; ++i) {
    auto digit = static_cast<unsigned>(words[i / 16] >> ((i % 16) * 4)) & 15U;
    if (i == 12) digit = 4;
    if (i == 16) digit = 8 | (digit & 3U);
    if (i == 8 || i == 12 || i == 16 || i == 20) text += '-';
    text += digits[digit];
  }
  return text;
}

std::mt19937_64 seeded() {
  std::random_device entropy;
  std::seed_seq seed{entropy(), entropy(), entropy(), entropy(), entropy(), entropy()};
  return std::mt19937_64(seed);
}

WebhookOptions with_tell(WebhookOptions webhooks,
                         const std::function<void(const std::string&)>& tell) {
  if (!webhooks.tell) webhooks.tell = tell;
  return webhooks;
}

}  // namespace

Bridge::Bridge(boost::asio::io_context& io, BridgeOptions options, const base::Clock& clock)
    : io_(io),
      options_(std::move(options)),
      clock_(clock),
      random_(seeded()),
      board_(options_.limits, hooks()),
      card_(json_text(agent_card({}, options_.card))),
      card_changed_at_(clock_.now().wall),
      timer_(io),
      webhooks_(std::in_place, io, with_tell(options_.webhooks, options_.tell)),
      hub_(io, options_.agent, hub_events()) {}

Bridge::~Bridge() { stop(); }

BoardHooks Bridge::hooks() {
  return {[this] { return uuid(random_); },
          [this](const Task& task, const TaskEvent& event) { happened(task, event); },
          [this](const Task& task) { forgotten(task); }};
}

HubLine::Events Bridge::hub_events() {
  HubLine::Events events;
  events.heard = [this](const HeardChat& chat) {
    if (board_.hear(chat, clock_.now())) save_changes();
  };
  events.connection = [this](bool is_connected, const Error& why) {
    if (is_stopped_ || !options_.tell) return;
    options_.tell(is_connected ? "connected to the hub again"
                               : "the connection to the hub is lost: " + why.message);
  };
  return events;
}

Result<> Bridge::load() {
  if (options_.state_file.empty()) return {};
  Result<store::FileLock> lock = store::FileLock::acquire(options_.state_file);
  if (!lock) {
    if (lock.error().code != ErrorCode::locked) return lock.error();
    return fail(ErrorCode::locked,
                "the state file " + options_.state_file.string() + " is in use by another bridge");
  }
  Result<SavedState> state = load_state(options_.state_file);
  if (!state) return state.error();
  // First what was to be told before: a task that was open tells of its end by and by.
  for (Webhook& webhook : state->webhooks) webhooks_->send(std::move(webhook));
  for (Task& task : state->tasks) board_.restore(std::move(task), clock_.now());
  const auto snapshot = [this] {
    StateDraft draft;
    for (const Task* task : board_.tasks()) draft.tasks.push_back(state_record(*task));
    for (const Webhook& webhook : unsent_) draft.webhooks.push_back(state_record(webhook));
    return draft;
  };
  // Now rather than with the first task, so that a place that can't be written is told at once.
  if (Result<> saved = save_state(options_.state_file, snapshot()); !saved) return saved;
  saved_revision_ = board_.revision();
  keeper_.emplace(io_, options_.state_file, *std::move(lock), snapshot, options_.tell);
  return {};
}

Result<> Bridge::connect() {
  if (Result<> connected = hub_.connect(); !connected) return connected;
  tick();
  hub_.ask({{"type", "manifest_request"}}, card_patience,
           [this](const Result<Reply>& reply) { card_came(reply); });
  return {};
}

void Bridge::stop() {
  if (std::exchange(is_stopped_, true)) return;
  timer_.cancel();
  if (webhooks_) unsent_ = webhooks_->stop();
  webhooks_.reset();
  if (keeper_ && !unsent_.empty()) keeper_->touch();
  keeper_.reset();
  while (!watchers_.empty()) end_watch(watchers_.begin()->first);
  hub_.stop();
}

void Bridge::perform(Operation operation, std::shared_ptr<Answer> answer) {
  const auto answer_task = [&answer](const Result<const Task*>& task, const TaskView& view) {
    if (!task) return answer->problem(problem_of(task.error()));
    answer->result(task_json(**task, view));
  };
  if (std::holds_alternative<ShowCard>(operation)) {
    show_card(std::move(answer));
  } else if (std::holds_alternative<ShowExtendedCard>(operation)) {
    if (options_.card.auth == CardOptions::Auth::bearer) return show_card(std::move(answer));
    answer->problem({Trouble::not_offered, "there is no extended card: the public one is all"});
  } else if (auto* message = std::get_if<SendMessage>(&operation)) {
    send(std::move(*message), answer);
  } else if (const auto* get = std::get_if<GetTask>(&operation)) {
    answer_task(board_.find(get->id), {get->history_length, ListTasks::Artifacts::show});
  } else if (const auto* filter = std::get_if<ListTasks>(&operation)) {
    list(*filter, *answer);
  } else if (const auto* asked = std::get_if<CancelTask>(&operation)) {
    cancel(asked->id, answer);
  } else if (const auto* subscription = std::get_if<SubscribeToTask>(&operation)) {
    subscribe(*subscription, answer);
  } else if (auto* create = std::get_if<CreatePushConfig>(&operation)) {
    create_push_config(std::move(*create), answer);
  } else if (const auto* config = std::get_if<GetPushConfig>(&operation)) {
    const auto found = board_.find_push_config(config->task_id, config->id);
    if (!found) return answer->problem(problem_of(found.error()));
    answer->result(push_config_json(**board_.find(config->task_id), **found));
  } else if (const auto* configs = std::get_if<ListPushConfigs>(&operation)) {
    list_push_configs(*configs, *answer);
  } else if (const auto* gone = std::get_if<DeletePushConfig>(&operation)) {
    delete_push_config(*gone, answer);
  }
}

// Agents come and go, so the card is made when it is asked for, but not more often than is of use.
void Bridge::show_card(std::shared_ptr<Answer> answer) {
  const bool is_fresh = clock_.now().mono - card_from_ < card_age_max;
  if (is_fresh || !hub_.is_connected()) return answer->result(card_);
  card_waiters_.push_back(std::move(answer));
  if (card_waiters_.size() > 1) return;
  hub_.ask({{"type", "manifest_request"}}, card_patience,
           [this](const Result<Reply>& reply) { card_came(reply); });
}

void Bridge::card_came(const Result<Reply>& reply) {
  if (reply && reply->granted) {
    const base::Moment now = clock_.now();
    std::string card = json_text(agent_card(member(*reply->frame, "manifest"), options_.card));
    if (card != card_) card_changed_at_ = now.wall;
    card_ = std::move(card);
    card_from_ = now.mono;
  }
  for (const auto& answer : std::exchange(card_waiters_, {})) answer->result(card_);
}

// The bridge asks first which agents are online: a task for an agent that is away would wait for
// nobody, and only an agent that was online then may answer without the task's mark.
void Bridge::send(SendMessage send, const std::shared_ptr<Answer>& answer) {
  if (!hub_.is_connected()) {
    return answer->problem({Trouble::unavailable, "the hub at " + options_.agent.uri +
                                                      " can't be reached, so nothing was sent; "
                                                      "still trying"});
  }
  // What can't be gone on with is said before anybody else is asked.
  if (!send.task_id.empty() && !board_.find_to_go_on(send)) return give_more(send, {}, answer);
  if (send.target.empty()) send.target = options_.target;
  hub_.ask({{"type", "who_request"}}, options_.agent.request_timeout,
           [this, send = std::move(send), answer](const Result<Reply>& reply) {
             if (!reply) {
               return answer->problem({Trouble::unavailable,
                                       "the hub did not say who is there, so nothing was sent: " +
                                           reply.error().message});
             }
             if (!reply->granted) {
               const Error why = client::error_of(*reply->frame, ErrorCode::closed);
               return answer->problem(
                   {Trouble::unavailable,
                    "the hub takes no more just now, so nothing was sent: " + why.message});
             }
             give(send, Roster(*reply->frame, hub_.name()), answer);
           });
}

void Bridge::give(const SendMessage& send, const Roster& roster,
                  const std::shared_ptr<Answer>& answer) {
  if (!send.task_id.empty()) return give_more(send, roster, answer);
  const Task& task = board_.add(send, send.target, roster.named_by(send.target), clock_.now());
  const std::string task_id = task.id;
  const SendId id = ++last_send_;
  sending_[id] = {
      task_id, std::nullopt, answer,      send.answer, {send.history_length, with_artifacts},
      false,   !keeper_,     std::nullopt};
  if (keeper_) {
    saved_revision_ = board_.revision();
    keeper_->when_saved([this, id](const Result<>& outcome) { saved(id, outcome); });
  }
  if (options_.absent == BridgeOptions::Absent::fail && !roster.has_any_of(send.target)) {
    sending_[id].is_sent = true;
    board_.fail_task(task_id,
                     "nobody is online whom " + send.target + " names, so nothing was sent",
                     clock_.now());
    save_changes();
    return go_on(id);
  }
  tell_target(id, send.text);
}

// The task's own target hears of it, and nobody else. One that is away misses nothing that is told
// as sent.
void Bridge::give_more(const SendMessage& send, const Roster& roster,
                       const std::shared_ptr<Answer>& answer) {
  const Result<const Task*> found = board_.find_to_go_on(send);
  if (!found) {
    const bool is_over = found.error().code == ErrorCode::illegal_transition;
    return answer->problem(is_over ? Problem{Trouble::is_over, found.error().message}
                                   : problem_of(found.error()));
  }
  const std::string& target = (*found)->target;
  if (options_.absent == BridgeOptions::Absent::fail && !roster.has_any_of(target)) {
    return answer->problem(
        {Trouble::unavailable, "nobody is online whom " + target + " names, so nothing was sent"});
  }
  const SendId id = ++last_send_;
  sending_[id] = {
      send.task_id, send, answer,      send.answer, {send.history_length, with_artifacts},
      false,        true, std::nullopt};
  tell_target(id, send.text);
}

void Bridge::tell_target(SendId id, const std::string& text) {
  const Task& task = **board_.find(sending_.at(id).task_id);
  const std::string marker = wire::marker_text(task.id, task.context_id);
  hub_.ask({{"type", "chat"},
            {"target", task.target},
            {"payload", text + (text.empty() ? "" : "\n") + marker}},
           options_.agent.request_timeout,
           [this, id](const Result<Reply>& reply) { hub_answered(id, reply); });
  go_on(id);
}

void Bridge::hub_answered(SendId id, const Result<Reply>& reply) {
  const auto found = sending_.find(id);
  if (found == sending_.end()) return;
  Sending& sending = found->second;
  sending.is_sent = true;
  if (!reply || !reply->granted) {
    hub_refused(sending, reply);
  } else if (sending.more) {
    board_.go_on(sending.task_id, *sending.more, clock_.now());
  } else {
    board_.sent(sending.task_id, clock_.now());
  }
  save_changes();
  go_on(id);
}

void Bridge::hub_refused(Sending& sending, const Result<Reply>& reply) {
  const std::string why =
      reply ? client::error_of(*reply->frame, ErrorCode::closed).message : reply.error().message;
  // A task that is at work goes on as it was.
  if (sending.more) {
    sending.problem = {Trouble::unavailable, "the hub did not confirm the message: " + why};
    return;
  }
  if (!reply) {
    return board_.fail_task(sending.task_id,
                            "nobody knows whether the message was sent on, for the hub did not "
                            "confirm it: " +
                                why,
                            clock_.now());
  }
  if (client::is_passing(*reply->frame) && !watchers_of_.contains(sending.task_id)) {
    sending.problem = {Trouble::unavailable,
                       "the hub takes no more just now, so nothing was sent: " + why};
    return board_.withdraw(sending.task_id);
  }
  board_.fail_task(sending.task_id, "the hub refused the message: " + why, clock_.now());
}

void Bridge::saved(SendId id, const Result<>& outcome) {
  const auto found = sending_.find(id);
  if (found == sending_.end()) return;
  found->second.is_saved = true;
  if (!outcome) {
    found->second.problem = {Trouble::unavailable, "task " + found->second.task_id +
                                                       " is under way but could not be saved: " +
                                                       outcome.error().message};
  }
  go_on(id);
}

// Answers a message once all that it waits for has come.
void Bridge::go_on(SendId id) {
  const auto found = sending_.find(id);
  if (found == sending_.end() || !found->second.is_saved) return;
  const bool is_stream = found->second.way == SendMessage::Answer::stream;
  if (!found->second.is_sent && !is_stream) return;
  const Sending sending = found->second;
  if (sending.is_sent) {
    sending_.erase(found);
  } else {
    // The stream has begun; what the hub says comes as one of its events.
    if (std::exchange(found->second.way, SendMessage::Answer::at_once) !=
        SendMessage::Answer::stream) {
      return;
    }
    found->second.answer = nullptr;
  }
  if (!sending.answer) return;
  if (sending.problem) return sending.answer->problem(*sending.problem);
  const Result<const Task*> task = board_.find(sending.task_id);
  if (!task) {
    return sending.answer->problem(
        {Trouble::unavailable, "the task was pushed out by newer ones at once"});
  }
  if (sending.way == SendMessage::Answer::at_once) {
    return sending.answer->result(task_event_json(**task, sending.view));
  }
  const auto kind = is_stream ? Watcher::Kind::stream : Watcher::Kind::end;
  watch({kind, sending.answer, sending.task_id, sending.view, std::nullopt}, std::nullopt);
}

void Bridge::result_when_saved(const std::shared_ptr<Answer>& answer, std::string json) {
  if (!keeper_ || board_.revision() == saved_revision_) return answer->result(std::move(json));
  saved_revision_ = board_.revision();
  keeper_->when_saved([answer, json = std::move(json)](const Result<>& outcome) {
    if (outcome) return answer->result(json);
    answer->problem(
        {Trouble::unavailable, "it was done, but could not be saved: " + outcome.error().message});
  });
}

void Bridge::save_changes() {
  if (!keeper_ || board_.revision() == saved_revision_) return;
  saved_revision_ = board_.revision();
  keeper_->touch();
}

}  // namespace synapse::a2a
