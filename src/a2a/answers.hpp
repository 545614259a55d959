// SPDX-License-Identifier: AGPL-3.0-or-later
// Where the outcome of one operation goes: to a client by one of the two bindings. Either one of
// result() and problem(), or a stream. Every call is safe once the client is gone.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "a2a/problem.hpp"
#include "net/http_server.hpp"

namespace synapse::a2a {

class Answer {
 public:
  virtual ~Answer() = default;

  virtual void result(std::string json) = 0;
  virtual void problem(const Problem& problem) = 0;

  virtual void begin_stream() = 0;
  virtual void event(std::uint64_t number, std::string_view json) = 0;
  // Says that the stream lives, or that the one answer is still to come: to a client that looks,
  // and to us if there is none.
  virtual void keep_alive() = 0;
  virtual void end_stream() = 0;

  virtual void on_gone(std::function<void()> gone) = 0;
  [[nodiscard]] virtual bool is_gone() const = 0;
};

// HTTP+JSON.
[[nodiscard]] std::shared_ptr<Answer> rest_answer(std::shared_ptr<net::HttpReply> reply);
// JSON-RPC, to the call of that id.
[[nodiscard]] std::shared_ptr<Answer> rpc_answer(std::shared_ptr<net::HttpReply> reply, Json id);

// The card, to a client that may have it already: `known` is what it says of that (If-None-Match).
// `changed_at` is asked when the answer leaves: wall seconds.
[[nodiscard]] std::shared_ptr<Answer> card_answer(std::shared_ptr<net::HttpReply> reply,
                                                  std::string known,
                                                  std::function<double()> changed_at);
// To a call that has no id, which is answered with nothing, and at once.
[[nodiscard]] std::shared_ptr<Answer> no_answer(net::HttpReply& reply);

// A problem before anybody knows what is asked for.
[[nodiscard]] net::HttpResponse problem_response(const Problem& problem);

}  // namespace synapse::a2a
