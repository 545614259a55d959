// SPDX-License-Identifier: AGPL-3.0-or-later
// Hooks in settings files that somebody else owns: what goes in, what comes out again, and what is
// left alone.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <regex>

#include "services/hook_install.hpp"
#include "services/json_edit.hpp"
#include "support/catch.hpp"
#include "support/file_text.hpp"
#include "support/result_text.hpp"
#include "support/temp_dir.hpp"
#include "wire/json_document.hpp"

namespace {

using namespace synapse;
using namespace synapse::services;
using namespace synapse::test;
namespace fs = std::filesystem;
using guard::Host;
using wire::Json;
using Variables = std::map<std::string, std::string>;

const std::string syn = "/opt/syn apse/syn";

HookFile claude_at(const fs::path& path) { return {Host::claude, HookFileKind::groups, path}; }

void put(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

// Settings as people have them. All of them can be changed.
std::vector<std::string> good_settings() {
  std::vector<std::string> texts{
      "{}",
      "{}\n",
      "{ }",
      "{\n}\n",
      "\n\n{\n}\n\n",
      "\xEF\xBB\xBF{}\n",
      "{\"model\":\"x\"}",
      "{\n  \"model\": \"x\"\n}\n",
      "{\n\t\"model\": \"x\",\n\t\"a\": [1, 2.5e3, null, true]\n}\n",
      "{\"hooks\":{}}",
      "{\"hooks\": {\n  }\n}\n",
      "{\"hooks\":{\"PreToolUse\":[]}}",
      "{\"hooks\":{\"PreToolUse\":[ ]},\"z\":1}",
      R"({"hooks":{"PreToolUse":[{"matcher":"Bash","hooks":[{"type":"command","command":"x"}]}]}})",
      R"({"hooks":{"Stop":[{"hooks":[{"type":"command","command":"echo"}]}]},"b":{"c":[]}})",
      R"({"hooks":{"SessionStart":[{"hooks":[]}],"PostToolUse":[{"hooks":[]},{"hooks":[]}]}})",
      R"({"text":"braces } ] , \" // and /* in a text"})",
      "{\"\\u0068ooks\":{}}",
      "{\n  // of mine\n  \"model\": \"x\" // more\n}\n",
      "{\n  /* \"hooks\": {} */\n  \"model\": \"x\",\n}\n",
      "{\"hooks\":{\"PreToolUse\":[{\"hooks\":[]},],},}",
      "{\n  \"hooks\": {\n    // mine\n    \"PreToolUse\": [\n      // none yet\n    ]\n  }\n}\n",
      "// first\n{\"a\":1}\n// last\n",
      "{\"a\":1}// no line end",
      "{\"deep\":{\"deep\":{\"deep\":[[[{}]]]}}}",
      "{\"a\":1}\n\n\n",
      "  {\n    \"indented\": true\n  }\n",
      "{\"\xC3\xA4\":\"\xE2\x82\xAC\"}",
  };
  // The same with another system's line ends.
  const std::size_t count = texts.size();
  for (std::size_t i = 0; i < count; ++i) {
    std::string text = texts[i];
    if (text.find('\n') == std::string::npos) continue;
    for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2) {
      text.insert(at, "\r");
    }
    texts.push_back(std::move(text));
  }
  return texts;
}

const std::vector<std::string>& broken_settings() {
  static const std::vector<std::string> texts{
      "{",
      "[]",
      "\"text\"",
      "{\"a\":1",
      "{\"a\" 1}",
      "{\"a\":1}}",
      "{,}",
      "{\"a\":,}",
      "{\"a\":1,,}",
      "{'a':1}",
      "{\"a\":tru}",
      "{\"a\":\"x}",
      "{/* }",
      "{\"hooks\":[]}",
      "{\"hooks\":{\"PreToolUse\":{}}}",
      "{\"hooks\":\"none\"}",
      "hooks:\n  a: 1\n",
      std::string(200, '[') + std::string(200, ']'),
  };
  return texts;
}

// What a program would read: without comments and commas that are too many.
Json as_read(const std::string& text) {
  std::string plain;
  bool is_text = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_text) {
      plain += text[i];
      if (text[i] == '\\')
        plain += text[++i];
      else if (text[i] == '"')
        is_text = false;
    } else if (text.compare(i, 2, "//") == 0) {
      while (i + 1 < text.size() && text[i + 1] != '\n') ++i;
    } else if (text.compare(i, 2, "/*") == 0) {
      i = text.find("*/", i) + 1;
    } else {
      is_text = text[i] == '"';
      const std::size_t last = plain.find_last_not_of(" \t\r\n");
      const bool ends = text[i] == '}' || text[i] == ']';
      if (ends && last != std::string::npos && plain[last] == ',') plain.erase(last, 1);
      if (static_cast<unsigned char>(text[i]) < 0x80) plain += text[i];
    }
  }
  return Json::parse(plain);
}

}  // namespace

TEST_CASE("hooks that are installed twice and uninstalled leave settings as they were",
          "[services][hooks]") {
  TempDir dir;
  std::size_t number = 0;
  for (const std::string& text : good_settings()) {
    INFO(text);
    const HookFile file = claude_at(dir.path() / std::to_string(++number) / "settings.json");
    put(file.path, text);
    const HookInstaller installer(syn, dir.path() / "state");
    const auto once = installer.plan_install(file, OnFailure::pass);
    REQUIRE(once);
    CHECK(once->is_needed());
    REQUIRE(installer.carry_out(file, *once));
    const auto twice = installer.plan_install(file, OnFailure::pass);
    REQUIRE(twice);
    CHECK_FALSE(twice->is_needed());
    // Another mode, and back.
    const auto stricter = installer.plan_install(file, OnFailure::block);
    REQUIRE(stricter);
    REQUIRE(installer.carry_out(file, *stricter));
    CHECK(text_of(file.path).find("\"onFailure\":\"block\"") != std::string::npos);
    const auto away = installer.plan_uninstall(file);
    REQUIRE(away);
    REQUIRE(installer.carry_out(file, *away));
    CHECK(text_of(file.path) == text);
    const auto nothing = installer.plan_uninstall(file);
    REQUIRE(nothing);
    CHECK_FALSE(nothing->is_needed());
  }
  CHECK(number >= 40);
}

TEST_CASE("hooks come last and leave what others have put into the file", "[services][hooks]") {
  for (const std::string& text : good_settings()) {
    INFO(text);
    const HookFile file = claude_at("settings.json");
    const auto with = with_hooks(file, text, syn, OnFailure::pass);
    REQUIRE(with);
    CHECK(has_hooks(file, *with));
    const Json before = as_read(text);
    const Json after = as_read(*with);
    const Json& group = after["hooks"]["PreToolUse"].back();
    CHECK(group["matcher"] == "Edit|Write|MultiEdit|NotebookEdit|Bash");
    CHECK(group["hooks"][0]["command"] == syn);
    CHECK(group["hooks"][0]["args"] == Json{"guard", "--for", "claude"});
    for (const char* event : {"PostToolUse", "SessionStart", "SessionEnd", "SubagentStop"}) {
      CHECK(after["hooks"][event].size() ==
            1 + (before.contains("hooks") && before["hooks"].contains(event)
                     ? before["hooks"][event].size()
                     : 0));
    }
    const auto without = without_hooks(file, *with);
    REQUIRE(without);
    CHECK_FALSE(has_hooks(file, *without));
    Json left = as_read(*without);
    Json expected = before;
    for (Json* one : {&left, &expected}) {
      if (!one->contains("hooks")) continue;
      for (auto it = (*one)["hooks"].begin(); it != (*one)["hooks"].end();) {
        it = it->empty() ? (*one)["hooks"].erase(it) : std::next(it);
      }
      if ((*one)["hooks"].empty()) one->erase("hooks");
    }
    CHECK(left == expected);
  }
}

TEST_CASE("settings that are no such settings are left alone, and that is said",
          "[services][hooks]") {
  TempDir dir;
  for (const std::string& text : broken_settings()) {
    INFO(text);
    const HookFile file = claude_at(dir.path() / "settings.json");
    put(file.path, text);
    const HookInstaller installer(syn, dir.path() / "state");
    const auto change = installer.plan_install(file, OnFailure::pass);
    REQUIRE_FALSE(change);
    CHECK(change.error().message.find("is left alone") != std::string::npos);
    const auto away = installer.plan_uninstall(file);
    if (away) CHECK_FALSE(away->is_needed());
    CHECK(text_of(file.path) == text);
  }
}

TEST_CASE("what others change meanwhile stays when our hooks go", "[services][hooks]") {
  TempDir dir;
  const HookFile file = claude_at(dir.path() / "settings.json");
  put(file.path, "{\n  \"model\": \"x\"\n}\n");
  const HookInstaller installer(syn, dir.path() / "state");
  REQUIRE(installer.carry_out(file, *installer.plan_install(file, OnFailure::pass)));
  std::string text = text_of(file.path);
  text.replace(text.find("\"x\""), 3, "\"y\"");
  put(file.path, text);
  REQUIRE(installer.carry_out(file, *installer.plan_uninstall(file)));
  CHECK(as_read(text_of(file.path)) == Json{{"model", "y"}});
}

TEST_CASE("a file that was not there is gone again, one that was empty is empty again",
          "[services][hooks]") {
  TempDir dir;
  const HookInstaller installer(syn, dir.path() / "state");
  const HookFile missing = claude_at(dir.path() / "none" / "settings.json");
  REQUIRE(installer.carry_out(missing, *installer.plan_install(missing, OnFailure::pass)));
  CHECK(fs::exists(missing.path));
  REQUIRE(installer.carry_out(missing, *installer.plan_uninstall(missing)));
  CHECK_FALSE(fs::exists(missing.path));
  const HookFile blank = claude_at(dir.path() / "settings.json");
  put(blank.path, "");
  REQUIRE(installer.carry_out(blank, *installer.plan_install(blank, OnFailure::pass)));
  REQUIRE(installer.carry_out(blank, *installer.plan_uninstall(blank)));
  REQUIRE(fs::exists(blank.path));
  CHECK(text_of(blank.path).empty());
}

TEST_CASE("a link stays a link and a file keeps its permissions", "[services][hooks]") {
  TempDir dir;
  const fs::path real = dir.path() / "dotfiles" / "claude.json";
  put(real, "{}\n");
  chmod(real.c_str(), 0600);
  const HookFile file = claude_at(dir.path() / "settings.json");
  fs::create_symlink(real, file.path);
  const HookInstaller installer(syn, dir.path() / "state");
  REQUIRE(installer.carry_out(file, *installer.plan_install(file, OnFailure::pass)));
  CHECK(fs::is_symlink(file.path));
  CHECK(has_hooks(file, text_of(real)));
  struct stat status {};
  REQUIRE(stat(real.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777U) == 0600U);
}

TEST_CASE("a file that its owner may not write, or that links to nothing, is left alone",
          "[services][hooks]") {
  TempDir dir;
  const HookInstaller installer(syn, dir.path() / "state");
  const HookFile fixed = claude_at(dir.path() / "settings.json");
  put(fixed.path, "{}\n");
  chmod(fixed.path.c_str(), 0444);
  CHECK_FALSE(installer.carry_out(fixed, *installer.plan_install(fixed, OnFailure::pass)));
  CHECK(text_of(fixed.path) == "{}\n");
  const HookFile dangling = claude_at(dir.path() / "link.json");
  fs::create_symlink(dir.path() / "nowhere" / "x", dangling.path);
  CHECK_FALSE(installer.plan_install(dangling, OnFailure::pass));
}

TEST_CASE("each host's file takes our hooks and gives them back", "[services][hooks]") {
  const base::FixedEnvironment environment(Variables{{"HOME", "/home/u"}});
  for (const guard::HostTraits& host : guard::all_hosts()) {
    INFO(host.title);
    const auto file = hook_file(host.host, HookScope::user, environment, "/w");
    REQUIRE(file);
    const auto with = with_hooks(*file, "", syn, OnFailure::block);
    REQUIRE(with);
    CHECK(has_hooks(*file, *with));
    CHECK(with->find("guard") != std::string::npos);
    const auto without = without_hooks(*file, *with);
    REQUIRE(without);
    CHECK_FALSE(has_hooks(*file, *without));
  }
}

TEST_CASE("Goose has our hooks as a plugin of our own, and is told to refuse when they fail",
          "[services][hooks]") {
  const base::FixedEnvironment environment(Variables{{"HOME", "/home/u"}});
  const auto file = hook_file(Host::goose, HookScope::user, environment, "/w");
  REQUIRE(file);
  CHECK(file->path == "/home/u/.agents/plugins/synapse/hooks/hooks.json");
  CHECK(hook_file(Host::goose, HookScope::project, environment, "/w")->path ==
        "/w/.agents/plugins/synapse/hooks/hooks.json");
  const Json strict = Json::parse(*with_hooks(*file, "", syn, OnFailure::block)).at("hooks");
  const Json& before = strict.at("PreToolUse").at(0);
  const std::regex matcher(before.at("matcher").get<std::string>());
  for (const char* tool : {"developer__edit", "developer__write", "developer__shell"}) {
    CHECK(std::regex_search(tool, matcher));
  }
  CHECK_FALSE(std::regex_search("developer__tree", matcher));
  CHECK(before.at("hooks").at(0).at("on_failure") == "block");
  for (const char* event : {"PostToolUse", "SessionStart", "SessionEnd"}) {
    CHECK_FALSE(strict.at(event).at(0).contains("matcher"));
    CHECK_FALSE(strict.at(event).at(0).at("hooks").at(0).contains("on_failure"));
  }
  const Json open = Json::parse(*with_hooks(*file, "", syn, OnFailure::pass)).at("hooks");
  CHECK_FALSE(open.at("PreToolUse").at(0).at("hooks").at(0).contains("on_failure"));
}

TEST_CASE("a program's own settings in TOML keep all but our block", "[services][hooks]") {
  const HookFile file{Host::kimi, HookFileKind::toml, "config.toml"};
  for (const std::string& text : {std::string(), std::string("a = 1\n"),
                                  std::string("[x]\n# mine\nb = \"\"\"\ny\n\"\"\"\n")}) {
    const auto with = with_hooks(file, text, syn, OnFailure::pass);
    REQUIRE(with);
    CHECK(with->starts_with(text));
    CHECK(without_hooks(file, *with).value() == text);
  }
}

TEST_CASE("TOML in which our block could not stand is left alone", "[services][hooks]") {
  const HookFile file{Host::kimi, HookFileKind::toml, "config.toml"};
  for (const char* text :
       {"[[[broken\n", "hooks = []\n", "hooks.x = 1\n", "a = 1\n[hooks]\n", " hooks=[] # none\n"}) {
    INFO(text);
    const auto with = with_hooks(file, text, syn, OnFailure::pass);
    REQUIRE_FALSE(with);
    CHECK(with.error().message.find("is left alone") != std::string::npos);
  }
  for (const char* text : {"a = [\n  [1, 2],\n  [3]\n]\n", "[[hooks]]\nevent = \"Stop\"\n",
                           "[x] # hooks = 1\nmy_hooks = 2\n"}) {
    INFO(text);
    CHECK(with_hooks(file, text, syn, OnFailure::pass));
  }
}

TEST_CASE("a program that was to refuse when our hooks fail goes on to, for another repository",
          "[services][hooks]") {
  TempDir dir;
  const HookFile file = claude_at(dir.path() / "settings.json");
  put(file.path, "{}");
  const HookInstaller installer(syn, dir.path() / "state");
  const auto install = [&](OnFailure on_failure) {
    const auto change = installer.plan_install(file, on_failure);
    REQUIRE(change);
    REQUIRE(installer.carry_out(file, *change));
    return has_fail_closed_hooks(file, text_of(file.path));
  };
  CHECK_FALSE(install(OnFailure::pass));
  CHECK(install(OnFailure::block));
  CHECK(install(OnFailure::pass));
  const auto away = installer.plan_uninstall(file);
  REQUIRE(away);
  REQUIRE(installer.carry_out(file, *away));
  CHECK_FALSE(install(OnFailure::pass));
}

TEST_CASE("a file of the name of ours that somebody else wrote is left alone",
          "[services][hooks]") {
  const HookFile file{Host::opencode, HookFileKind::own, "synapse.js"};
  CHECK_FALSE(with_hooks(file, "export const Mine = 1\n", syn, OnFailure::pass));
  CHECK_FALSE(without_hooks(file, "export const Mine = 1\n"));
  CHECK_FALSE(has_hooks(file, "export const Mine = 1\n"));
}
