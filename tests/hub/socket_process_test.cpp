// SPDX-License-Identifier: AGPL-3.0-or-later
// The hub's Unix socket, as the people and the programs of its user find it.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>

#include "support/catch.hpp"
#include "support/deadline.hpp"
#include "support/http_peer.hpp"
#include "support/hub_process.hpp"
#include "support/loopback.hpp"
#include "support/temp_dir.hpp"

namespace synapse::test {

namespace {

// A hub with a token, and a runtime folder for its socket.
HubOptions guarded(const TempDir& runtime) {
  HubOptions options;
  options.arguments = {"--token", "s3cret", "--metrics", "--metrics-token", "m3trics"};
  options.environment["XDG_RUNTIME_DIR"] = runtime.path();
  return options;
}

// Where it is, once it is there: the port is served a moment earlier.
std::string socket_of(const TempDir& runtime, const HubProcess& hub) {
  const std::string path = runtime / "synapse" / (std::to_string(hub.port()) + ".sock");
  REQUIRE(eventually(patience, [&path] { return std::filesystem::is_socket(path); }));
  return path;
}

// What `synapse who` says, with no token of its own.
Finished who(const std::string& uri, const Environment& environment) {
  return run({{program_under_test(), "who", "--name", "A", "--uri", uri}, environment});
}

// The status that another user's request is answered with; only root can try.
int status_for_another_user(const std::string& path) {
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  const pid_t child = fork();
  if (child == 0) {
    int status = 0;
    try {
      if (setgid(65534) == 0 && setuid(65534) == 0) {
        status = HttpPeer(path).ask("GET", "/health").status;
      }
    } catch (const std::exception&) {
      status = -1;
    }
    const bool is_told = write(ends[1], &status, sizeof status) == sizeof status;
    _exit(is_told ? 0 : 1);
  }
  int status = 0;
  CHECK(read(ends[0], &status, sizeof status) == sizeof status);
  waitpid(child, nullptr, 0);
  for (const int end : ends) close(end);
  return status;
}

}  // namespace

TEST_CASE("the hub's own user needs no token on its Unix socket, and finds it unasked",
          "[hub][unix]") {
  const TempDir runtime;
  const HubOptions options = guarded(runtime);
  HubProcess hub(options);
  const std::string path = socket_of(runtime, hub);

  const Finished unasked = who(hub.uri(), options.environment);
  INFO(unasked.out << unasked.err);
  CHECK(unasked.status->as_number() == 0);
  CHECK(who("unix:" + path, clean_environment()).status->as_number() == 0);
  // So it is with wss://, though this hub has no certificate: what is on the socket needs none.
  const std::string secure = "wss://localhost:" + std::to_string(hub.port());
  CHECK(who(secure, options.environment).status->as_number() == 0);
  CHECK(who(secure, clean_environment()).status->as_number() != 0);
  // By the port, without the socket's folder, the token is asked for.
  CHECK(who(hub.uri(), clean_environment()).status->as_number() != 0);

  CHECK(HttpPeer(path).ask("GET", "/health").status == 200);
  CHECK(http_get(hub.port(), "/health").status == 401);
  CHECK(HttpPeer(path).ask("GET", "/health", {{"Host", "evil.example"}}).status == 403);
}

TEST_CASE("a stopped hub takes its socket along, a killed one's is replaced", "[hub][unix]") {
  const TempDir runtime;
  HubProcess hub(guarded(runtime));
  const std::string path = socket_of(runtime, hub);
  hub.stop(SIGKILL);
  CHECK(std::filesystem::is_socket(path));
  hub.start();
  // The old one refuses until the new one is in its place.
  CHECK(eventually(patience, [&path] {
    return run({{program_under_test(), "who", "--name", "A", "--uri", "unix:" + path},
                clean_environment()})
               .status->as_number() == 0;
  }));
  CHECK(hub.stop(SIGTERM).as_number() == 0);
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("there is no socket with --no-socket or without a runtime folder, --socket has its own",
          "[hub][unix]") {
  const TempDir runtime;
  HubOptions options = guarded(runtime);
  SECTION("--no-socket") {
    options.arguments.emplace_back("--no-socket");
    const HubProcess hub(options);
    CHECK_FALSE(std::filesystem::exists(runtime / "synapse"));
  }
  SECTION("no folder") {
    options.environment.erase("XDG_RUNTIME_DIR");
    HubProcess hub(options);
    CHECK(http_get(hub.port(), "/health").status == 401);
  }
  SECTION("--socket") {
    const std::string path = runtime / "mine.sock";
    options.arguments.insert(options.arguments.end(), {"--socket", path});
    const HubProcess hub(options);
    REQUIRE(eventually(patience, [&path] { return std::filesystem::is_socket(path); }));
    CHECK(HttpPeer(path).ask("GET", "/health").status == 200);
    CHECK_FALSE(std::filesystem::exists(runtime / "synapse"));
  }
}

TEST_CASE("a socket that can't be made ends a hub that was told to, and no other", "[hub][unix]") {
  const TempDir runtime;
  HubOptions options = guarded(runtime);
  const std::string path(runtime / std::string(120, 'x'));
  const Finished told = run({{program_under_test(), "hub", "--port", "0", "--socket", path}});
  CHECK(told.status->as_number() == 1);
  CHECK(told.err.find("107 at most") != std::string::npos);
  options.environment["XDG_RUNTIME_DIR"] = path;
  HubProcess hub(options);
  CHECK(http_get(hub.port(), "/health").status == 401);
}

TEST_CASE("another user is refused on the Unix socket even when its mode was opened",
          "[hub][unix]") {
  if (geteuid() != 0) return;  // Nobody else can be somebody else.
  const TempDir runtime;
  HubProcess hub(guarded(runtime));
  const std::string path = socket_of(runtime, hub);
  std::filesystem::permissions(runtime.path(), std::filesystem::perms::all);
  std::filesystem::permissions(runtime / "synapse", std::filesystem::perms::all);
  CHECK(status_for_another_user(path) == -1);
  std::filesystem::permissions(path, std::filesystem::perms::all);
  CHECK(status_for_another_user(path) == 403);
}

}  // namespace synapse::test
