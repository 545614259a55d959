// SPDX-License-Identifier: AGPL-3.0-or-later
// Any bytes as what a client of the A2A bridge sends, by either binding: what is accepted becomes a
// task, and whatever is answered is JSON on one line.
#include "a2a/proto_json.hpp"
#include "a2a/routes.hpp"
#include "a2a/rpc.hpp"
#include "a2a/task_board.hpp"
#include "a2a/task_codec.hpp"
#include "base/assert.hpp"
#include "wire/task_marker.hpp"

using namespace synapse;

namespace {

void check_line(const std::string& json) {
  SYNAPSE_ASSERT(json.find('\n') == std::string::npos);
  SYNAPSE_ASSERT(a2a::Json::accept(json));
}

class Desk {
 public:
  void perform(const a2a::Operation& operation) {
    if (const auto* send = std::get_if<a2a::SendMessage>(&operation)) {
      SYNAPSE_ASSERT(!wire::has_marker(send->text));
      const a2a::Task& task =
          board_.add(*send, send->target.empty() ? "all" : send->target, {"somebody"}, now_);
      check_line(a2a::task_json(task));
      const std::string id = task.id;
      // The message itself is what an agent might quote.
      board_.hear({"somebody", send->text, a2a::HeardChat::To::bridge}, now_);
      if (board_.find(id)) check_line(a2a::task_event_json(**board_.find(id)));
    } else if (const auto* list = std::get_if<a2a::ListTasks>(&operation)) {
      const auto page = board_.list(*list);
      SYNAPSE_ASSERT(page.tasks.size() <= page.total);
    } else if (const auto* cancel = std::get_if<a2a::CancelTask>(&operation)) {
      static_cast<void>(board_.cancel(cancel->id, now_));
    } else if (const auto* put = std::get_if<a2a::CreatePushConfig>(&operation)) {
      static_cast<void>(board_.put_push_config(put->task_id, put->config));
    }
  }

 private:
  int ids_ = 0;
  Moment now_{1'700'000'000, std::chrono::hours(1)};
  a2a::TaskBoard board_{
      {},
      {[this] { return "id" + std::to_string(++ids_); },
       [](const a2a::Task&, const a2a::TaskEvent& event) { check_line(*event.json); },
       [](const a2a::Task&) {}}};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  // A first line as HTTP has it, and a body.
  const std::size_t end = std::min(input.find('\n'), input.size());
  const std::string_view line = input.substr(0, end);
  const std::size_t gap = std::min(line.find(' '), line.size());
  const std::string_view target = line.substr(std::min(gap + 1, line.size()));
  const auto body = a2a::parse_json(input.substr(std::min(end + 1, input.size())));
  const a2a::Json document = body ? *body : a2a::Json();
  Desk desk;
  const auto found = a2a::find_route(line.substr(0, gap), target, "/a2a");
  if (const auto* route = std::get_if<a2a::Route>(&found)) {
    if (const auto operation = a2a::read_operation(*route, a2a::in_usual_spelling(document)))
      desk.perform(*operation);
  } else {
    check_line(a2a::problem_json(std::get<a2a::Problem>(found)));
  }
  const a2a::RpcRequest request = a2a::read_rpc(document);
  check_line(a2a::rpc_result_json(request.id, "{}"));
  if (const auto* operation = std::get_if<a2a::Operation>(&request.what)) {
    desk.perform(*operation);
  } else {
    check_line(a2a::rpc_error_json(request.id, std::get<a2a::Problem>(request.what)));
  }
  return 0;
}
