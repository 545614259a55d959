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
  explicit Served(std::chrono::milliseconds output_patience = patience,
                  mcp::AtEnd at_end = mcp::AtEnd::release) {
    std::signal(SIGPIPE, SIG_IGN);
    mcp::BridgeOptions bridge;
    bridge.agent = bus.settings("mcp");
    bridge.resolve_scope = resolver();
    mcp::StdioOptions options;
    options.at_end = at_end;
    options.in = in.read_end.get();
    options.out = out.write_end.get();
    options.stop = stop.read_end.get();
    options.output_patience = output_patience;
    end_ = std::async(std::launch::async,
                      [this, bridge, options] { return serve_stdio(bridge, clock_, options); });
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

  // The line that answers the request of that id.
  Json answer(const Json& id) {
    for (;;) {
      const std::size_t end = heard_.find('\n');
      if (end != std::string::npos) {
        const Json line = Json::parse(heard_.substr(0, end));
        heard_.erase(0, end + 1);
        if (line.contains("id") && line.at("id") == id) return line;
        continue;
      }
      std::array<char, 4096> bytes{};
      pollfd event{out.read_end.get(), POLLIN, 0};
      REQUIRE(poll(&event, 1, static_cast<int>(patience.count())) == 1);
      const ssize_t count = read(out.read_end.get(), bytes.data(), bytes.size());
      REQUIRE(count > 0);
      heard_.append(bytes.data(), static_cast<std::size_t>(count));
    }
  }

  const Bus bus;
  Pipe in;
  Pipe out;
  Pipe stop;

 private:
  static mcp::ScopeResolver resolver() {
    return [](const std::vector<std::string>& paths) -> Result<mcp::ClaimScope> {
      return mcp::ClaimScope{"/w", paths};
    };
  }

  base::SystemClock clock_;
  std::string heard_;
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

TEST_CASE("the input's end gives the client's leases back, unless they are to be kept",
          "[mcp][stdio]") {
  const auto at_end = GENERATE(mcp::AtEnd::release, mcp::AtEnd::keep);
  Served served(patience, at_end);
  const auto other = served.bus.join("other");
  served.say(initialize + request(1, "tools/call",
                                  {{"name", "synapse_claim"}, {"arguments", {{"task_id", "t"}}}}));
  CHECK_FALSE(served.answer(1).at("result").contains("isError"));
  served.in.write_end.reset();
  CHECK(served.end() == mcp::StdioEnd::input_ended);
  ClaimRequest claim;
  claim.task_id = "t";
  CHECK(other->claim(claim)->granted == (at_end == mcp::AtEnd::release));
}

TEST_CASE("both eras are spoken on one line, and neither needs the other", "[mcp][stdio]") {
  Served served;
  const Json meta{{"io.modelcontextprotocol/protocolVersion", "2026-07-28"},
                  {"io.modelcontextprotocol/clientCapabilities", Json::object()}};
  served.say(request(1, "server/discover", {{"_meta", meta}}));
  CHECK(served.answer(1).at("result").at("supportedVersions") == Json{"2026-07-28"});
  served.say(request(2, "tools/list"));
  CHECK(served.answer(2).at("error").at("code") == -32600);
  served.say(initialize);
  CHECK(served.answer(0).at("result").at("protocolVersion") == "2025-11-25");
  served.say(request(3, "tools/call", {{"name", "synapse_board"}, {"_meta", meta}}));
  CHECK(served.answer(3).at("result").at("resultType") == "complete");
  served.say(request(4, "tools/call", {{"name", "synapse_board"}}));
  CHECK_FALSE(served.answer(4).at("result").contains("resultType"));
}

TEST_CASE("who listens on a line is told of changes, and of the server's end", "[mcp][stdio]") {
  Served served;
  const Json meta{{"io.modelcontextprotocol/protocolVersion", "2026-07-28"},
                  {"io.modelcontextprotocol/clientCapabilities", Json::object()}};
  const Json wish{{"resourceSubscriptions", {"synapse://board"}}};
  served.say(request(1, "subscriptions/listen", {{"_meta", meta}, {"notifications", wish}}));
  served.say(request(2, "tools/call",
                     {{"_meta", meta},
                      {"name", "synapse_task_declare"},
                      {"arguments", {{"task_id", "t"}, {"title", "T"}}}}));
  served.answer(2);
  served.stop.write_end.reset();
  const std::string rest = served.hear_all();
  CHECK(served.end() == mcp::StdioEnd::stopped);
  CHECK(rest.find("notifications/cancelled") != std::string::npos);
  const Json last = Json::parse(rest.substr(rest.rfind('\n', rest.size() - 2) + 1));
  CHECK(last.at("id") == 1);
  CHECK(last.at("result").at("resultType") == "complete");
}
