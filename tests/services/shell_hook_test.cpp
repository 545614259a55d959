// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/shell_hook.hpp"

#include <sys/stat.h>

#include <fstream>
#include <map>

#include "support/catch.hpp"
#include "support/file_text.hpp"
#include "support/temp_dir.hpp"

using namespace synapse::services;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using synapse::base::FixedEnvironment;
using synapse::test::TempDir;
using synapse::test::text_of;
namespace fs = std::filesystem;

namespace {

using Variables = std::map<std::string, std::string>;

FixedEnvironment at(const TempDir& home) {
  return FixedEnvironment(Variables{{"HOME", home.path().string()}});
}

}  // namespace

TEST_CASE("a shell is known by its name, wherever it is", "[services][shell]") {
  CHECK(shell_of("bash").value() == Shell::bash);
  CHECK(shell_of("/usr/bin/zsh").value() == Shell::zsh);
  CHECK(shell_of("/opt/fish").value() == Shell::fish);
  CHECK_THAT(shell_of("/bin/tcsh").error().message, Contains("tcsh"));
  CHECK(shell_of("").has_error());
}

TEST_CASE("only a word that is safe in every shell is wrapped", "[services][shell]") {
  for (const char* name : {"claude", "my-agent", "a_1"}) CHECK(is_provider_name(name));
  for (const char* name : {"", "-x", "a b", "a;b", "$(x)", "a/b", "ä"}) {
    INFO(name);
    CHECK_FALSE(is_provider_name(name));
  }
}

TEST_CASE("the block is added once, behind what is there", "[services][shell]") {
  const TempDir home;
  std::ofstream(home / ".bashrc") << "alias ll='ls -l'";  // No line feed at its end.
  CHECK_FALSE(install_hook(at(home), Shell::bash, "synapse").value().was_there);
  const std::string once = text_of(home / ".bashrc");
  CHECK_THAT(once, StartsWith("alias ll='ls -l'\n# >>> synapse shell integration >>>\n"));
  CHECK(install_hook(at(home), Shell::bash, "/other/synapse").value().was_there);
  CHECK(text_of(home / ".bashrc") == once);
}

TEST_CASE("the block of the original counts as ours", "[services][shell]") {
  const TempDir home;
  std::ofstream(home / ".zshrc") << "# >>> synapse-channel shell integration >>>\n";
  CHECK(install_hook(at(home), Shell::zsh, "synapse").value().was_there);
  std::ofstream(home / ".bashrc") << "# synapse shell integration is not here\n";
  CHECK_FALSE(install_hook(at(home), Shell::bash, "synapse").value().was_there);
}

TEST_CASE("a start-up file that is a link stays one, with its mode", "[services][shell]") {
  const TempDir home;
  std::ofstream(home / "dotfile") << "x\n";
  REQUIRE(chmod((home / "dotfile").c_str(), 0600) == 0);
  fs::create_symlink(home / "dotfile", home / ".bashrc");
  REQUIRE(install_hook(at(home), Shell::bash, "synapse").has_value());
  CHECK(fs::is_symlink(home / ".bashrc"));
  CHECK(fs::status(home / "dotfile").permissions() ==
        (fs::perms::owner_read | fs::perms::owner_write));
  CHECK_THAT(text_of(home / "dotfile"), Contains("shell-hook --shell bash"));
}

TEST_CASE("the block is taken out again, and every other line stays as it is",
          "[services][shell]") {
  const TempDir home;
  const fs::path file = home / ".bashrc";
  const std::string before = "alias ll='ls -l'\n\n# >>> conda >>>\nx\n# <<< conda <<<\n";
  const std::string behind = "export A=1\r\nno line feed at the end";
  std::ofstream(file) << before;
  REQUIRE(install_hook(at(home), Shell::bash, "synapse").has_value());
  std::ofstream(file, std::ios::app) << "# >>> synapse-channel shell integration >>>\nold\n"
                                        "# <<< synapse-channel shell integration <<<\n"
                                     << behind;
  REQUIRE(chmod(file.c_str(), 0640) == 0);
  CHECK(remove_hook(at(home), Shell::bash).value().was_there);
  CHECK(text_of(file) == before + behind);
  CHECK(fs::status(file).permissions() ==
        (fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read));
  CHECK_FALSE(remove_hook(at(home), Shell::bash).value().was_there);
  CHECK(text_of(file) == before + behind);
  CHECK_FALSE(remove_hook(at(home), Shell::zsh).value().was_there);
  CHECK_FALSE(fs::exists(home / ".zshrc"));
}

TEST_CASE("a block that has lost its end is not taken out by guess", "[services][shell]") {
  const TempDir home;
  const std::string broken = "a\n# >>> synapse shell integration >>>\nb\n";
  std::ofstream(home / ".bashrc") << broken;
  CHECK_THAT(remove_hook(at(home), Shell::bash).error().message, Contains("by hand"));
  CHECK(text_of(home / ".bashrc") == broken);
}

TEST_CASE("the block is taken out of the file that a start-up file is a link to",
          "[services][shell]") {
  const TempDir home;
  std::ofstream(home / "dotfile") << "x\n";
  fs::create_symlink(home / "dotfile", home / ".bashrc");
  REQUIRE(install_hook(at(home), Shell::bash, "synapse").has_value());
  REQUIRE(remove_hook(at(home), Shell::bash).value().was_there);
  CHECK(fs::is_symlink(home / ".bashrc"));
  CHECK(text_of(home / "dotfile") == "x\n");
}

TEST_CASE("each shell's own file is found, and none without a home", "[services][shell]") {
  const TempDir home;
  const std::string other = (home / "other").string();
  const FixedEnvironment moved(
      Variables{{"HOME", home.path().string()}, {"ZDOTDIR", other}, {"XDG_CONFIG_HOME", other}});
  CHECK(install_hook(at(home), Shell::fish, "s").value().file == home / ".config/fish/config.fish");
  CHECK(install_hook(moved, Shell::zsh, "s").value().file == other + "/.zshrc");
  CHECK(install_hook(moved, Shell::fish, "s").value().file == other + "/fish/config.fish");
  CHECK(install_hook(FixedEnvironment(Variables{}), Shell::bash, "s").has_error());
  fs::create_directory(home / ".bashrc");
  CHECK(install_hook(at(home), Shell::bash, "s").has_error());
}
