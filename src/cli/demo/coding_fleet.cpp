// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/demo/coding_fleet.hpp"

#include <array>
#include <filesystem>
#include <ostream>
#include <string_view>

#include "base/file.hpp"
#include "cli/demo/demo_agents.hpp"
#include "cli/output/render.hpp"
#include "synapse/hub.hpp"

namespace synapse::cli {

namespace fs = std::filesystem;

namespace {

struct WorkspaceFile {
  const char* path;
  std::string_view content;
  bool is_program = false;
};

constexpr const char* project_file = ".synapse/project";
constexpr const char* api_file = "src/app/api.py";
constexpr const char* test_file = "tests/test_api.py";

constexpr std::array<WorkspaceFile, 5> workspace_files{{
    {"README.md", R"(# A fleet of two

A small program for two coding agents to work on at once. `api-dev` writes `src/app/api.py`, and
`test-dev` its tests in `tests/test_api.py`. Neither touches a file before it holds a claim on it.

    sh run_demo.sh                      # watch them, on a hub of their own
    python3 -m unittest discover tests  # what they made

To work here yourself: make it a repository (`git init`, and a first commit), start a hub with
`synapse hub`, then, before you edit,

    synapse git-claim my-task --paths src/app/api.py

and `synapse release my-task` when you are done. `synapse state` shows who holds what.
)"},
    {api_file, R"("""What the fleet's program can do."""


def greeting(name):
    return f"Hello, {name}!"
)"},
    {test_file, R"(import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "src"))

from app import api


class ApiTest(unittest.TestCase):
    def test_greets_by_name(self):
        self.assertEqual(api.greeting("fleet"), "Hello, fleet!")


if __name__ == "__main__":
    unittest.main()
)"},
    {project_file, "coding-fleet\n"},
    {"run_demo.sh", R"sh(#!/bin/sh
# Two agents work in this folder, on a hub of their own.
exec synapse quickstart-coding "$(dirname -- "$0")"
)sh",
     true},
}};

constexpr std::string_view new_function = R"(

def farewell(name):
    return f"Goodbye, {name}."
)";

constexpr std::string_view new_test = R"(
    def test_says_goodbye(self):
        self.assertEqual(api.farewell("fleet"), "Goodbye, fleet.")

)";

// More than any file of the story.
constexpr std::size_t file_bytes_max = 1UL << 20U;

Result<> write_file(const fs::path& file, std::string_view content) {
  const base::FileTraits traits{0666, base::FileTraits::Mode::as_umask_leaves,
                                base::FileTraits::Sync::no};
  if (const std::error_code failed = base::replace_file(file, content, traits)) {
    return base::file_error(file, "can't be written", failed.value());
  }
  return {};
}

// Puts the addition into the file before `mark` (blank: at its end), unless it is there already:
// the demo may run twice, and what somebody else has written stays.
Result<> add_to(const fs::path& file, std::string_view addition, std::string_view mark) {
  Result<std::string> text = base::read_whole(file, file_bytes_max);
  if (!text) return text.error();
  if (text->find(addition) != std::string::npos) return {};
  const std::size_t place = mark.empty() ? std::string::npos : text->find(mark);
  text->insert(place == std::string::npos ? text->size() : place, addition);
  return write_file(file, *text);
}

Result<std::shared_ptr<const Json>> next_chat(Agent& agent) {
  for (;;) {
    auto frame = agent.receive(std::chrono::seconds(5));
    if (!frame || text_of(**frame, "type") == "chat") return frame;
  }
}

Result<> api_dev_takes_the_api(std::ostream& out, Agent& api_dev, Agent& test_dev) {
  if (auto ok = granted(api_dev.claim(demo_claim("edit-api", {api_file}))); !ok) {
    return ok.error();
  }
  out << "api-dev claims " << api_file << ".\n";
  const Result<std::string> why = refused(test_dev.claim(demo_claim("touch-api", {"src"})));
  if (!why) return why.error();
  out << "test-dev asks for all of src and is refused: " << *why << '\n';
  if (auto ok = granted(test_dev.claim(demo_claim("edit-tests", {"tests/**"}))); !ok) {
    return ok.error();
  }
  out << "test-dev claims tests/** instead: the two don't meet.\n";
  return {};
}

Result<> both_work(std::ostream& out, Agent& api_dev, Agent& test_dev, const fs::path& folder) {
  if (Result<> added = add_to(folder / api_file, new_function, ""); !added) return added;
  if (auto ok = granted(api_dev.chat("test-dev", "farewell(name) is in " + std::string(api_file)));
      !ok) {
    return ok.error();
  }
  const auto heard = next_chat(test_dev);
  if (!heard) return heard.error();
  out << "api-dev adds farewell() and says so; test-dev hears: " << render_chat(**heard);
  if (Result<> added = add_to(folder / test_file, new_test, "\nif __name__"); !added) return added;
  out << "test-dev adds a test of it.\n";
  return {};
}

Result<> api_dev_gives_it_back(std::ostream& out, Agent& api_dev, Agent& test_dev) {
  if (auto ok = granted(api_dev.release("edit-api")); !ok) return ok.error();
  if (auto ok = granted(test_dev.claim(demo_claim("touch-api", {"src"}))); !ok) return ok.error();
  out << "api-dev releases its file, and now test-dev is given src.\n";
  return {};
}

}  // namespace

Result<> make_fleet_workspace(const fs::path& folder, Existing existing) {
  std::error_code error;
  if (existing == Existing::refuse && fs::exists(folder, error) && !fs::is_empty(folder, error)) {
    return fail(ErrorCode::bad_argument,
                "'" + folder.string() + "' is not an empty folder; --force writes into it");
  }
  for (const WorkspaceFile& file : workspace_files) {
    const fs::path path = folder / file.path;
    fs::create_directories(path.parent_path(), error);
    if (error) return base::file_error(path.parent_path(), "can't be made", error.value());
    if (Result<> written = write_file(path, file.content); !written) return written;
    if (file.is_program) {
      fs::permissions(path, fs::perms::owner_exec, fs::perm_options::add, error);
    }
  }
  return {};
}

bool is_fleet_workspace(const fs::path& folder) {
  const Result<std::string> project = base::read_whole(folder / project_file, file_bytes_max);
  return project && *project == "coding-fleet\n" && fs::exists(folder / api_file) &&
         fs::exists(folder / test_file);
}

Result<> play_coding_fleet(std::ostream& out, const fs::path& folder) {
  Hub hub(HubOptions{});
  if (Result<> started = hub.start(); !started) return started;
  Agent api_dev(demo_agent(hub.uri(), "api-dev"));
  Agent test_dev(demo_agent(hub.uri(), "test-dev"));
  for (Agent* agent : {&api_dev, &test_dev}) {
    if (Result<> connected = agent->connect(); !connected) return connected;
  }
  out << "Two agents work in one folder: api-dev and test-dev.\n";
  if (Result<> done = api_dev_takes_the_api(out, api_dev, test_dev); !done) return done;
  if (Result<> done = both_work(out, api_dev, test_dev, folder); !done) return done;
  return api_dev_gives_it_back(out, api_dev, test_dev);
}

}  // namespace synapse::cli
