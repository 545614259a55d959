// SPDX-License-Identifier: AGPL-3.0-or-later
#include "docs/reader.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>

#include "support/catch.hpp"
#include "support/file_text.hpp"
#include "support/loopback.hpp"

namespace synapse::test {

namespace {

namespace fs = std::filesystem;

constexpr const char* hub_port = "8876";
constexpr std::chrono::milliseconds no_time{0};

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
  return text;
}

// Every run of digits as one, and a time of tomorrow, which has its date with it, as one of today:
// the examples' leases end tomorrow for people who follow a page before midnight. A span in
// seconds is one in minutes on another day.
std::string without_numbers(const std::string& text) {
  std::string plain;
  for (const char character : text) {
    if (std::isdigit(static_cast<unsigned char>(character)) == 0) {
      plain += character;
    } else if (!plain.ends_with('#')) {
      plain += '#';
    }
  }
  return replaced(replaced(plain, "#-#-# #:#", "#:#"), "# min", "# s");
}

// Of `lock ID … sleep`, the claim that it holds; of a waiter or listener, its kind of name.
std::string mark_of(const std::string& command) {
  const std::string lock = "synapse lock ";
  const std::size_t at = command.find(lock);
  if (at == std::string::npos) return command.find("listen") == std::string::npos ? "-rx" : "";
  const std::size_t begin = at + lock.size();
  return command.substr(begin, command.find(' ', begin) - begin);
}

}  // namespace

Reader::Reader(Hub hub) : repository_(box_.init("shop")), environment_(box_.environment()) {
  box_.commit(repository_,
              {"src/parser.c", "src/api.py", "src/parser/scan.c", "docs/parser.md", "docs/api.md"},
              "one");
  for (const char* folder : {"home", "bin", "run"}) fs::create_directory(box_ / folder);
  const fs::path program = fs::canonical(program_under_test());
  for (const char* name :
       {"synapse", "syn", "syn-name", "syn-wait", "syn-say", "syn-inbox", "syn-board"}) {
    fs::create_symlink(program, box_ / "bin" / name);
  }
  environment_["HOME"] = (box_ / "home").string();
  environment_["USER"] = "ada";
  environment_["SHELL"] = "/bin/bash";
  environment_["XDG_RUNTIME_DIR"] = (box_ / "run").string();
  environment_["PATH"] = (box_ / "bin").string() + ":" + environment_["PATH"];
  environment_["READER_STATE"] = (box_ / "state").string();
  environment_["READER_FOLDER"] = (box_ / "folder").string();
  environment_["READER_TREE"] = SYNAPSE_TREE;
  std::ofstream(box_ / "state") << "";
  std::ofstream(box_ / "folder") << repository_.string() << '\n';
  for (const char* port : {"8877", "8878"}) ports_[port] = std::to_string(free_port());
  if (hub == Hub::none) return;
  HubOptions options;
  options.arguments = {"--db", (box_ / "home/synapse/hub.db").string(), "--metrics"};
  options.environment = environment_;
  hub_ = std::make_unique<HubProcess>(options);
  ports_[hub_port] = std::to_string(hub_->port());
  set("SYNAPSE_URI=ws://localhost:" + ports_[hub_port]);
}

void Reader::follow(const Step& step) {
  INFO("line " << step.line << ": $ " << step.command);
  if (step.command.starts_with("synapse hub ") || step.command == "synapse hub") {
    return start_hub(step);
  }
  if (!step.runs_on.empty()) return start_server(step);
  const bool is_held = step.command.starts_with("synapse lock ") &&
                       step.command.find(" sleep ") != std::string::npos;
  if (is_held || step.command.ends_with(" &")) return leave_running(step);
  if (step.command.starts_with("git commit ")) {
    std::ofstream(repository_ / "src/parser.c", std::ios::app) << "faster\n";
  }
  const Finished done = run(shell(with_ports(step.command)));
  REQUIRE(done.status.has_value());
  last_code_ = done.status->as_number();
  if (!step.is_compared) {
    INFO(done.out);
    CHECK(last_code_ == 0);
    return;
  }
  std::string shown = done.out;
  // What a waiter prints, it prints when it likes.
  const bool is_all = eventually(step.shows.size() > shown.size() ? patience : no_time, [&] {
    return as_on_page(done.out + late_output()) == without_numbers(step.shows);
  });
  if (is_all) shown += late_output();
  CHECK(as_on_page(shown) == without_numbers(step.shows));
}

Command Reader::shell(const std::string& script) const {
  return {{"bash", "-c",
           "exec 2>&1\n. \"$READER_STATE\"\ncd -- \"$(cat \"$READER_FOLDER\")\"\n(exit " +
               std::to_string(last_code_) + ")\n" + script +
               "\ncode=$?\nexport -p >\"$READER_STATE\"\npwd >\"$READER_FOLDER\"\nexit $code"},
          environment_,
          repository_.string()};
}

std::string Reader::with_ports(std::string text) const {
  for (const auto& [page, here] : ports_) text = replaced(std::move(text), page, here);
  return text;
}

std::string Reader::as_on_page(const std::string& text) const {
  std::string page = replaced(text, (box_ / "home").string(), "/home/ada");
  page = replaced(std::move(page), (box_ / "run").string(), "/run/user/1000");
  return without_numbers(replaced(std::move(page), box_.path().string(), "/home/ada"));
}

void Reader::set(const std::string& assignment) {
  std::ofstream(box_ / "state", std::ios::app) << "export " << assignment << '\n';
}

// On a free port, and not on the one that another hub of this machine may have.
void Reader::start_hub(const Step& step) {
  running_.push_back(std::make_unique<ChildProcess>(shell("exec " + step.command + " --port 0")));
  const std::string mark = "serving on ws://localhost:";
  REQUIRE(running_.back()->wait_for_output(mark, patience));
  REQUIRE(eventually(patience, [&] { return running_.back()->out().ends_with('\n'); }));
  const std::string told = running_.back()->out();
  ports_[hub_port] = std::to_string(std::stoi(told.substr(told.find(mark) + mark.size())));
  set("SYNAPSE_URI=ws://localhost:" + ports_[hub_port]);
  if (step.is_compared) CHECK(as_on_page(told) == without_numbers(step.shows));
}

// Until the hub shows what comes of it.
void Reader::leave_running(const Step& step) {
  const std::string command = step.command.substr(0, step.command.rfind(" &"));
  running_.push_back(std::make_unique<ChildProcess>(shell("exec " + with_ports(command))));
  CHECK(step.shows.empty());
  const std::string mark = mark_of(command);
  if (mark.empty()) return;
  REQUIRE(eventually(patience, [&] {
    return run(shell("synapse state; synapse who")).out.find(mark) != std::string::npos;
  }));
}

void Reader::start_server(const Step& step) {
  running_.push_back(std::make_unique<ChildProcess>(shell("exec " + with_ports(step.command))));
  const bool serves = running_.back()->wait_for_output(step.runs_on, patience);
  INFO(running_.back()->out());
  CHECK(serves);
}

std::string Reader::late_output() const {
  return running_.empty() ? std::string() : running_.back()->out();
}

}  // namespace synapse::test
