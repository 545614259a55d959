// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/process.hpp"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <thread>

#include "base/process_tree.hpp"
#include "base/quiet_thread.hpp"
#include "support/catch.hpp"
#include "support/deadline.hpp"
#include "support/temp_dir.hpp"

using namespace synapse::base;

namespace {

ProcessSetup shell(const std::string& code) {
  ProcessSetup setup;
  setup.words = {"sh", "-c", code};
  setup.environment = process_variables();
  return setup;
}

struct Finished {
  int code = 0;
  std::string out;
};

Finished finish(ProcessSetup setup) {
  Pipe out;
  setup.out = out.writer.number();
  Process process = Process::start(setup).value();
  out.writer.reset();
  Finished finished;
  std::array<char, 4096> piece{};
  for (ssize_t got = 0; (got = read(out.reader.number(), piece.data(), piece.size())) > 0;) {
    finished.out.append(piece.data(), static_cast<std::size_t>(got));
  }
  finished.code = WEXITSTATUS(process.wait());
  return finished;
}

bool has_ended(int descriptor, const synapse::test::Deadline& deadline) {
  pollfd event{descriptor, POLLIN, 0};
  return poll(&event, 1, deadline.poll_ms()) == 1;
}

}  // namespace

TEST_CASE("a program has the folder, the environment and the streams that it is given",
          "[base][process]") {
  const synapse::test::TempDir folder;
  ProcessSetup setup = shell("pwd; echo \"$A-$HOME-\"; cat");
  setup.folder = folder.path();
  setup.environment["A"] = "one";
  setup.environment.erase("HOME");
  setup.in = ProcessSetup::none;
  CHECK(finish(setup).out == std::filesystem::canonical(folder.path()).string() + "\none--\n");
  CHECK(finish(shell("exit 7")).code == 7);
}

TEST_CASE("a program that can't be run is an error that says why", "[base][process]") {
  ProcessSetup setup;
  setup.words = {"/no/such/program"};
  CHECK(Process::start(setup).error().message == "No such file or directory");
  setup.words = {"/"};
  CHECK(Process::start(setup).has_error());
}

TEST_CASE("a program has its own group only if it is asked for", "[base][process]") {
  const std::string group_of_self = "ps -o pgid= -p $$ | tr -d ' '";
  CHECK(finish(shell(group_of_self)).out == std::to_string(getpgrp()) + "\n");
  ProcessSetup setup = shell(group_of_self);
  setup.group = ProcessSetup::Group::own;
  CHECK(finish(setup).out != std::to_string(getpgrp()) + "\n");
}

TEST_CASE("a signal ends a program whose starter blocks all of them", "[base][process]") {
  int status = 0;
  quiet_thread([&status] {
    ProcessSetup setup = shell("exec sleep 1000");
    setup.out = setup.err = ProcessSetup::none;
    Process process = Process::start(setup).value();
    process.send_signal(SIGINT);
    status = process.wait();
  }).join();
  REQUIRE(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGINT);
}

TEST_CASE("the end of any process can be waited for, and one that is not there is told",
          "[base][process]") {
  ProcessSetup setup = shell("exec sleep 1000");
  setup.out = setup.err = ProcessSetup::none;
  Process process = Process::start(setup).value();
  CHECK_FALSE(has_ended(process.descriptor(), std::chrono::milliseconds(0)));
  process.send_signal(SIGKILL);
  CHECK(has_ended(process.descriptor(), synapse::test::patience));
  CHECK(WTERMSIG(process.wait()) == SIGKILL);
  constexpr pid_t nobody = 0x7fffffff;
  CHECK_FALSE(open_process(nobody).is_open());
  CHECK(errno == ESRCH);
}

TEST_CASE("a program can be told of its starter's end, however that comes", "[base][process]") {
  // A starter of its own: the signal is sent when the thread that started the program ends.
  ProcessSetup setup = shell("exec sleep 1000");
  setup.signal_at_starters_end = SIGTERM;
  std::optional<Process> process;
  std::thread([&] { process.emplace(Process::start(setup).value()); }).join();
  REQUIRE(has_ended(process->descriptor(), synapse::test::patience));
  CHECK(WTERMSIG(process->wait()) == SIGTERM);
}

TEST_CASE("a process tree is told as a whole, and known to be gone", "[base][process]") {
  Pipe out;
  ProcessSetup setup = shell("sh -c 'sleep 1000 & sleep 1000 & echo ready; wait' & wait");
  setup.out = out.writer.number();
  Process process = Process::start(setup).value();
  out.writer.reset();
  std::array<char, 6> ready{};
  REQUIRE(read(out.reader.number(), ready.data(), ready.size()) == 6);
  ProcessTree tree(process.pid());
  tree.send_signal(0);
  CHECK(tree.is_any_left());
  tree.send_signal(SIGKILL);
  REQUIRE(has_ended(process.descriptor(), synapse::test::patience));
  CHECK(WTERMSIG(process.wait()) == SIGKILL);
  CHECK(synapse::test::eventually(synapse::test::patience, [&] { return !tree.is_any_left(); }));
  // All of them had the pipe.
  CHECK(read(out.reader.number(), ready.data(), ready.size()) == 0);
}
