// SPDX-License-Identifier: AGPL-3.0-or-later
// What the bridge tells by itself: streams, webhooks, and what time brings about.
#include <algorithm>

#include "a2a/bridge.hpp"

namespace synapse::a2a {

namespace {

constexpr std::chrono::seconds tick_pause{1};

}  // namespace

void Bridge::subscribe(const SubscribeToTask& asked, const std::shared_ptr<Answer>& answer) {
  const Result<const Task*> task = board_.find(asked.id);
  if (!task) return answer->problem(problem_of(task.error()));
  if (is_terminal((*task)->state)) {
    return answer->problem({Trouble::is_over, "the task is over, so nothing more will come: " +
                                                  std::string(name_of((*task)->state))});
  }
  Watcher watcher{Watcher::Kind::stream, answer, asked.id, {}, std::nullopt};
  if (options_.subscribe_timeout) {
    watcher.deadline = clock_.now().mono + *options_.subscribe_timeout;
  }
  watch(std::move(watcher), asked.last_event);
}

void Bridge::watch(Watcher watcher, std::optional<std::uint64_t> last_event) {
  const Task& task = **board_.find(watcher.task_id);
  if (watcher.kind == Watcher::Kind::stream) {
    watcher.answer->begin_stream();
    // All that the client has missed, if it is still known; else the task as it stands.
    const bool is_known = last_event && *last_event <= task.last_event &&
                          (task.events.empty() || task.events.front().number <= *last_event + 1);
    if (!is_known) {
      watcher.answer->event(task.last_event, task_event_json(task, watcher.view));
    } else {
      for (const TaskEvent& event : task.events) {
        if (event.number > *last_event) watcher.answer->event(event.number, *event.json);
      }
    }
  }
  const StreamId id = ++last_watcher_;
  // It may live as long as the answer, and so must not hold it.
  watcher.answer->on_gone([this, id, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    const auto found = watchers_.find(id);
    if (found == watchers_.end()) return;
    const auto [first, last] = watchers_of_.equal_range(found->second.task_id);
    const auto entry = std::find_if(first, last, [id](const auto& e) { return e.second == id; });
    if (entry != last) watchers_of_.erase(entry);
    watchers_.erase(found);
  });
  watchers_of_.emplace(watcher.task_id, id);
  watchers_.emplace(id, std::move(watcher));
  if (is_terminal(task.state)) end_watch(id);
}

// The last that its client hears.
void Bridge::end_watch(StreamId id) {
  const auto found = watchers_.find(id);
  if (found == watchers_.end()) return;
  const Watcher watcher = std::move(found->second);
  watchers_.erase(found);
  const auto [first, last] = watchers_of_.equal_range(watcher.task_id);
  const auto entry = std::find_if(first, last, [id](const auto& e) { return e.second == id; });
  if (entry != last) watchers_of_.erase(entry);
  watcher.answer->on_gone({});
  if (watcher.kind == Watcher::Kind::stream) return watcher.answer->end_stream();
  const Result<const Task*> task = board_.find(watcher.task_id);
  if (!task) return watcher.answer->problem(problem_of(task.error()));
  watcher.answer->result(task_event_json(**task, watcher.view));
}

void Bridge::happened(const Task& task, const TaskEvent& event) {
  const auto [first, last] = watchers_of_.equal_range(task.id);
  if (first != last) {
    std::vector<StreamId> ids;
    for (auto at = first; at != last; ++at) ids.push_back(at->second);
    for (const StreamId id : ids) {
      const auto found = watchers_.find(id);
      if (found == watchers_.end()) continue;
      if (found->second.kind == Watcher::Kind::stream) {
        found->second.answer->event(event.number, *event.json);
      }
      if (is_terminal(event.state)) end_watch(id);
    }
  }
  if (event.kind == TaskEvent::Kind::status && !task.push_configs.empty() && webhooks_) {
    notify(task);
  }
}

void Bridge::notify(const Task& task) {
  const auto body = std::make_shared<const std::string>(task_event_json(task));
  for (const PushConfig& config : task.push_configs) {
    std::string authorization;
    if (!config.scheme.empty() && !config.credentials.empty()) {
      authorization = config.scheme + " " + config.credentials;
    }
    webhooks_->send({config.url, std::move(authorization), config.token, body});
  }
}

void Bridge::forgotten(const Task& task) {
  for (auto at = watchers_of_.find(task.id); at != watchers_of_.end();
       at = watchers_of_.find(task.id)) {
    end_watch(at->second);
  }
}

void Bridge::end_late_streams(Mono now) {
  std::vector<StreamId> late;
  for (const auto& [id, watcher] : watchers_) {
    if (watcher.deadline && *watcher.deadline <= now) late.push_back(id);
  }
  for (const StreamId id : late) end_watch(id);
}

void Bridge::tick() {
  if (is_stopped_) return;
  const Moment now = clock_.now();
  board_.tick(now);
  end_late_streams(now.mono);
  save_changes();
  if (now.mono - kept_alive_ >= options_.keep_alive) {
    kept_alive_ = now.mono;
    for (const auto& [id, watcher] : watchers_) watcher.answer->keep_alive();
  }
  if (const std::optional<Error> end = hub_.end()) {
    if (options_.ended) options_.ended(*end);
    return;
  }
  std::chrono::nanoseconds pause = tick_pause;
  if (const auto next = board_.next_deadline()) {
    pause = std::clamp<std::chrono::nanoseconds>(*next - now.mono, std::chrono::milliseconds(1),
                                                 tick_pause);
  }
  timer_.expires_after(pause);
  timer_.async_wait([this](boost::system::error_code code) {
    if (!code) tick();
  });
}

}  // namespace synapse::a2a
