// SPDX-License-Identifier: AGPL-3.0-or-later
// The bridge's agent on the bus, seen from the thread that serves clients: nothing here blocks
// that thread but connect(), and whatever comes from the agent's own thread is handed over in
// batches, in its order.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "a2a/task_board.hpp"
#include "net/batch_queue.hpp"
#include "synapse/agent.hpp"

namespace synapse::a2a {

class HubLine {
 public:
  // All called on the io_context's thread.
  struct Events {
    // A chat that is addressed to the bridge or to all.
    std::function<void(const HeardChat&)> heard;
    std::function<void(bool is_connected, const Error& why)> connection;
  };
  using Answered = std::function<void(const Result<Reply>&)>;

  HubLine(boost::asio::io_context& io, AgentOptions options, Events events);
  ~HubLine();  // What is under way is answered no more.
  HubLine(const HubLine&) = delete;
  HubLine& operator=(const HubLine&) = delete;

  // Blocks. Errors: those of Agent::connect().
  [[nodiscard]] Result<> connect();
  // From any thread: ends a connect() that blocks, and everything else.
  void stop();
  [[nodiscard]] bool is_connected() const;
  // The bridge's name on the bus.
  [[nodiscard]] std::string name() const { return agent_.name(); }
  // Why the connection is gone for good, once it is: nothing brings it back.
  [[nodiscard]] std::optional<Error> end();

  // `answered` comes later, in the order of the hub's answers, and in order with what is heard.
  void ask(Json frame, std::chrono::milliseconds patience, Answered answered);

 private:
  struct Answer {
    Answered answered;
    Result<Reply> reply;
  };
  struct Connection {
    bool is_connected;
    Error why;
  };
  using News = std::variant<HeardChat, Answer, Connection>;

  void hear(const Json& frame);
  void push(News news);
  void schedule();
  void hand_over();

  boost::asio::io_context& io_;
  const Events events_;
  net::BatchQueue<News> news_;
  // What is posted holds it weakly: after this object, nothing of it is touched.
  std::shared_ptr<HubLine*> self_;
  // The last to be made and the first to go: its callbacks use what is above.
  Agent agent_;
};

}  // namespace synapse::a2a
