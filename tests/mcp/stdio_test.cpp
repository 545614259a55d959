// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/stdio.hpp"

#include <unistd.h>

#include <array>
#include <csignal>
#include <future>

#include "cli/bus.hpp"
#include "support/catch.hpp"
#include "support/fd.hpp"
#include "support/result_text.hpp"

using namespace synapse;
using namespace synapse::test;
namespace mcp = synapse::mcp;

namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    read_end = Fd(ends[0]);
    write_end = Fd(ends[1]);
  }
  Fd read_end;
  Fd write_end;
};

// A server on a thread, and its client's ends of the pipes.
class Served {
 public:
  explicit Served(std::chrono::milliseconds output_patience = patience)
      : bridge_({bus_.settings("mcp"), resolver(), std::chrono::seconds(600)}, clock_) {
    std::signal(SIGPIPE, SIG_IGN);
    REQUIRE(bridge_.connect());
    mcp::StdioOptions options;
    options.in = in.read_end.get();
    options.out = out.write_end.get();
    options.stop = stop.read_end.get();
    options.output_patience = output_patience;
    end_ = std::async(std::launch::async,
                      [this, options] { return mcp::serve_stdio(bridge_, options); });
  }
  ~Served() {
    in.write_end.reset();
    out.read_end.reset();
  }

  void say(const std::string& text) {
    REQUIRE(write(in.write_end.get(), text.data(), text.size()) ==
            static_cast<ssize_t>(text.size()));
  }
  // All that is written until the server has ended.
  std::string hear_all() {
    std::string all;
    std::array<char, 4096> bytes{};
    for (;;) {
      const bool has_ended = end_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
      pollfd event{out.read_end.get(), POLLIN, 0};
      if (poll(&event, 1, 5) == 1) {
        const ssize_t count = read(out.read_end.get(), bytes.data(), bytes.size());
        REQUIRE(count > 0);
        all.append(bytes.data(), static_cast<std::size_t>(count));
      } else if (has_ended) {
        return all;
      }
    }
  }
  mcp::StdioEnd end() {
    REQUIRE(end_.wait_for(patience) == std::future_status::ready);
    return end_.get();
  }

  Pipe in;
  Pipe out;
  Pipe stop;

 private:
  static mcp::ScopeResolver resolver() {
    return [](const std::vector<std::string>& paths) -> Result<mcp::ClaimScope> {
      return mcp::ClaimScope{"/w", paths};
    };
  }

  const Bus bus_;
  base::SystemClock clock_;
  mcp::Bridge bridge_;
  std::future<mcp::StdioEnd> end_;
};

std::string request(int id, const std::string& method, const Json& params = Json::object()) {
  return Json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}}.dump() + "\n";
}

const std::string initialize = request(0, "initialize", {{"protocolVersion", "2025-11-25"}});

}  // namespace

TEST_CASE("all that was asked before the input ended is answered", "[mcp][stdio]") {
  Served served;
  served.say(initialize);
  // More at once than may be under way.
  for (int id = 1; id <= 200; ++id) {
    served.say(request(id, "tools/call", {{"name", "synapse_board"}}));
  }
  served.in.write_end.reset();
  const std::string all = served.hear_all();
  CHECK(served.end() == mcp::StdioEnd::input_ended);
  CHECK(std::count(all.begin(), all.end(), '\n') == 201);
  CHECK(all.find("error") == std::string::npos);
}

TEST_CASE("a client that does not read is given up in time", "[mcp][stdio]") {
  Served served(std::chrono::milliseconds(100));
  served.say(initialize);
  for (int id = 1; id <= 100; ++id) served.say(request(id, "tools/list"));
  CHECK(served.end() == mcp::StdioEnd::client_stuck);
}

TEST_CASE("a client that is gone, and a wish to stop, end the server", "[mcp][stdio]") {
  Served gone;
  gone.out.read_end.reset();
  gone.say(initialize);
  CHECK(gone.end() == mcp::StdioEnd::client_gone);
  Served stopped;
  stopped.stop.write_end.reset();
  CHECK(stopped.end() == mcp::StdioEnd::stopped);
}
