// SPDX-License-Identifier: AGPL-3.0-or-later
#include "guard/guard.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/printable.hpp"
#include "base/strings.hpp"
#include "guard/ground.hpp"
#include "guard/leases.hpp"
#include "guard/session_file.hpp"
#include "guard/writes.hpp"

namespace synapse::guard {

namespace {

namespace fs = std::filesystem;
using wire::HookAnswer;
using wire::HookMode;
using wire::HookRequest;

constexpr std::string_view not_understood = "the tool's input was not understood";

// Names can't have what means something else in an address.
std::string as_name(std::string text) {
  const auto is_special = [](char c) {
    return std::string_view(",*?[").find(c) != std::string::npos;
  };
  std::replace_if(text.begin(), text.end(), is_special, '_');
  return base::has_unprintable(text) ? std::string("agent") : text;
}

class Guard {
 public:
  Guard(const HostTraits& host, const World& world)
      : host_(host), world_(world), folder_(sessions_folder(world.environment)) {}

  Output answer(const Result<std::string>& input) {
    const Result<HookCall> call = input ? read_payload(host_.host, *input) : input.error();
    if (!call) {
      const std::optional<Ground> ground = find_ground(world_.folder);
      if (!ground) return render(host_, nullptr, {});
      return render(host_, nullptr,
                    cannot_tell(HookEvent::before_tool, ground->mode, not_understood));
    }
    if (!call->is_known_event) return render(host_, &*call, {});
    call_ = &*call;
    open_session();
    const Answer answer = call->event == HookEvent::before_tool ? before_tool() : elsewhere();
    Output output = render(host_, &*call, answer);
    if (answer.kind != Answer::Kind::context || output.out.empty()) acks_.told.clear();
    const bool has_news = !acks_.known.empty() || !acks_.told.empty();
    if (has_news && call->event != HookEvent::end) {
      output.once_told = [folder = folder_, host = world_.host, session = session_.session,
                          acks = std::move(acks_)] { change_acks(folder, host, session, acks); };
    }
    return output;
  }

 private:
  void open_session() {
    if (auto file = read_session(folder_, world_.host, call_->session)) {
      session_ = *std::move(file);
    }
    is_known_ = !session_.name.empty();
    if (!session_.session.empty()) return;
    session_.host = host_.word;
    session_.session = call_->session;
    if (session_.session.empty()) {
      session_.session =
          "pid-" + std::to_string(world_.host.pid) + "-" + std::to_string(world_.host.start);
    }
    session_.identity = base::trimmed(world_.environment.get("SYN_IDENTITY").value_or(""));
  }

  [[nodiscard]] fs::path working_folder() const { return world_.folder / call_->folder; }

  // The name that the session asks for at first.
  [[nodiscard]] std::string wanted_name(const Ground& ground) const {
    std::string name = session_.identity;
    if (name.empty()) name = configured_name(ground);
    if (name.empty()) {
      name = base::trimmed(world_.environment.get("SYN_PROJECT").value_or(""));
      if (name.empty()) name = ground.main_worktree.filename().string();
      name += "/" + std::string(host_.word);
    }
    return as_name(std::move(name));
  }

  Answer before_tool() {
    if (call_->kind == ToolKind::shell && is_known_ && find_ground(working_folder())) {
      note_shell(folder_, world_.host, session_.session, world_.reader.now);
    }
    if (call_->kind != ToolKind::write) return {};
    if (call_->paths.empty()) {
      const std::optional<Ground> ground = find_ground(working_folder());
      if (!ground) return {};
      return cannot_tell(call_->event, ground->mode, not_understood);
    }
    return claim_all(find_grounds(working_folder(), call_->paths));
  }

  // What one call writes in several repositories is a claim in each: where one of them is refused,
  // those before it are given back.
  Answer claim_all(const std::vector<Ground>& grounds) {
    Answer said;
    std::vector<HookRequest> undoing;
    for (const Ground& ground : grounds) {
      std::vector<std::string> added;
      Answer answer = claim(ground, added);
      if (answer.kind == Answer::Kind::deny) {
        // What a hub that is gone does not hear ends with its term.
        for (const HookRequest& one : undoing) static_cast<void>(post(one));
        return answer;
      }
      if (said.kind == Answer::Kind::silence) said = std::move(answer);
      if (added.empty()) continue;
      undoing.push_back(request_of(ground, HookEvent::undo));
      undoing.back().paths = std::move(added);
    }
    return said;
  }

  // `added`: of the paths, those that the session did not hold before.
  Answer claim(const Ground& ground, std::vector<std::string>& added) {
    if (ground.paths.size() > wire::hook_paths_max) {
      return cannot_tell(call_->event, ground.mode, "the tool writes too many files at once");
    }
    const Result<HookAnswer> answer = ask(ground);
    if (!answer) return without_hub(ground, answer.error());
    added = answer->added;
    switch (answer->decision) {
      case HookAnswer::Decision::held:
        return held(*answer, ground.mode);
      case HookAnswer::Decision::refused:
        return cannot_tell(call_->event, ground.mode, answer->message);
      case HookAnswer::Decision::none:
      case HookAnswer::Decision::granted:
        return context(notices_text(*answer, world_.reader));
    }
    return {};
  }

  // What a hub that is gone has left says more than nothing.
  Answer without_hub(const Ground& ground, const Error& why) {
    const bool is_gone = why.code == ErrorCode::unreachable || why.code == ErrorCode::timed_out;
    const auto leases = ground.mode == HookMode::enforce && is_gone
                            ? read_leases(world_.environment, world_.reader.now)
                            : std::nullopt;
    if (!leases) return cannot_tell(call_->event, ground.mode, why.message);
    const std::string name = is_known_ ? session_.name : std::string();
    const LeftWith left = judge(*leases, ground, {name, call_->agent, world_.reader.now});
    if (left.kind == LeftWith::Kind::ours) return {};
    if (left.kind == LeftWith::Kind::unknown) {
      return cannot_tell(call_->event, ground.mode, why.message);
    }
    HookAnswer held;
    held.holder = left.holder;
    return {Answer::Kind::deny, denial_text(held, world_.reader)};
  }

  [[nodiscard]] Answer held(const HookAnswer& answer, HookMode mode) const {
    if (mode == HookMode::enforce) {
      return {Answer::Kind::deny, denial_text(answer, world_.reader)};
    }
    if (answer.is_known) return {};
    return {Answer::Kind::context, held_text(*answer.holder, world_.reader)};
  }

  // After a tool, and at the beginnings and ends. A warning that could not be heard before is told
  // there, once.
  Answer elsewhere() {
    Answer answer = told_elsewhere();
    if (session_.owed.empty() || !host_.hears_at(call_->event)) return answer;
    if (!session_.was_warned) {
      answer.text = session_.owed + (answer.text.empty() ? "" : "\n" + answer.text);
      answer.kind = Answer::Kind::context;
    }
    session_.owed.clear();
    warned();
    return answer;
  }

  Answer told_elsewhere() {
    std::optional<Ground> ground = find_ground(working_folder());
    // A session that claimed something may have left the repository since.
    if (!ground && !is_known_) return {};
    if (!ground) ground = Ground{};
    ground->paths.clear();
    if (call_->event == HookEvent::start) remove_stale_sessions(folder_);
    Result<HookAnswer> answer = ask(*ground);
    if (call_->event == HookEvent::end) remove_session(folder_, world_.host, session_.session);
    if (!answer) return cannot_tell(call_->event, ground->mode, answer.error().message);
    if (answer->brief) return context(brief_text(*answer, world_.reader));
    look_at_writes(*ground, *answer);
    return context(notices_text(*answer, world_.reader));
  }

  // Tells the hub what a shell command has written of others' files, and adds what it says to that.
  void look_at_writes(const Ground& ground, HookAnswer& answer) {
    if (answer.watch.empty()) return;
    std::vector<wire::HookWrite> writes =
        changed_since(ground.worktree, answer.watch, session_.shell_since);
    if (writes.empty()) return;
    // Of these, the next command is not told again.
    note_shell(folder_, world_.host, session_.session, world_.reader.now);
    HookRequest request = request_of(ground, HookEvent::wrote);
    request.writes = std::move(writes);
    // If the hub can't be told any more, nobody is.
    const Result<HookAnswer> told = post(request);
    if (!told) return;
    answer.notices.insert(answer.notices.end(), told->notices.begin(), told->notices.end());
  }

  [[nodiscard]] Answer context(Telling telling) {
    if (telling.text.empty()) return {};
    acks_.told = std::move(telling.told);
    return {Answer::Kind::context, std::move(telling.text)};
  }

  [[nodiscard]] Answer cannot_tell(HookEvent event, HookMode mode, std::string_view why) {
    const std::string text = cannot_tell_text(why);
    if (mode == HookMode::enforce && event == HookEvent::before_tool) {
      return {Answer::Kind::deny, text};
    }
    // Once a session, where somebody hears it.
    if (session_.was_warned || session_.session.empty()) return {};
    std::string warning = "Edits are not claimed for you now (" + text + ").";
    if (host_.hears_at(event)) {
      warned();
      return {Answer::Kind::context, std::move(warning)};
    }
    if (host_.hears_after_tool && session_.owed.empty()) {
      session_.owed = std::move(warning);
      write_session(folder_, world_.host, session_);
    }
    return {};
  }

  void warned() {
    session_.was_warned = true;
    write_session(folder_, world_.host, session_);
  }

  [[nodiscard]] HookRequest request_of(const Ground& ground, HookEvent event) {
    HookRequest request;
    request.host = host_.word;
    request.event = event;
    request.mode = ground.mode;
    request.session = session_.session;
    request.party = call_->agent;
    request.name = AgentName(is_known_ ? session_.name : wanted_name(ground));
    request.is_named = is_known_;
    request.host_pid = world_.host.pid;
    request.host_start = world_.host.start;
    request.pid_ns = world_.pid_ns;
    request.worktree = ground.worktree.string();
    request.paths = ground.paths;
    if (host_.hears_at(call_->event)) {
      request.room = call_->event == HookEvent::start ? brief_bytes_max : notices_bytes_max;
    }
    return request;
  }

  Result<HookAnswer> ask(const Ground& ground) {
    HookRequest request = request_of(ground, call_->event);
    // What a subagent does says nothing of what its parent has seen.
    if (call_->agent.empty()) request.ack = session_.ack;
    request.is_watching = call_->event == HookEvent::after_tool && call_->kind == ToolKind::shell &&
                          session_.shell_since != 0;
    Result<HookAnswer> answer = post(request);
    if (!answer) return answer;
    if (!request.ack.empty()) acks_.known = std::exchange(session_.ack, {});
    remember(answer->name);
    return answer;
  }

  [[nodiscard]] Result<HookAnswer> post(const HookRequest& request) const {
    const std::string body = wire::encode_hook_request(request);
    if (body.size() > wire::hook_bytes_max) {
      return fail(ErrorCode::field_too_long, "the tool writes too many files at once");
    }
    const Result<std::string> text = world_.ask(body);
    if (!text) return text.error();
    Result<HookAnswer> answer = wire::decode_hook_answer(*text);
    if (!answer) return fail(ErrorCode::corrupt, "the hub's answer was not understood");
    return answer;
  }

  // What runs beneath the host is the same agent.
  void remember(const AgentName& name) {
    if (name.empty() || call_->event == HookEvent::end) return;
    if (is_known_ && session_.name == name.text) return;
    session_.name = name.text;
    is_known_ = true;
    write_session(folder_, world_.host, session_);
  }

  const HostTraits& host_;
  const World& world_;
  const fs::path folder_;
  const HookCall* call_ = nullptr;
  SessionFile session_;
  bool is_known_ = false;  // A hub has given the session its name.
  AckChange acks_;         // For the file, once the answer is told.
};

}  // namespace

Output answer_hook(const HostTraits& host, const Result<std::string>& input, const World& world) {
  return Guard(host, world).answer(input);
}

}  // namespace synapse::guard
