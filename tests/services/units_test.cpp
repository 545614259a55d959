// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/units.hpp"

#include <fstream>
#include <map>
#include <sstream>

#include "support/catch.hpp"
#include "support/file_text.hpp"
#include "support/hub_process.hpp"
#include "support/temp_dir.hpp"

using namespace synapse::services;
using Catch::Matchers::Contains;
using synapse::base::FixedEnvironment;
using synapse::test::Finished;
using synapse::test::run;
using synapse::test::TempDir;
using synapse::test::text_of;
namespace fs = std::filesystem;

namespace {

using Variables = std::map<std::string, std::string>;

bool has_program(const std::string& name) {
  return run({{"sh", "-c", "command -v " + name}}).status->code == 0;
}

}  // namespace

TEST_CASE("an instance is escaped as systemd-escape does it", "[services][units]") {
  const std::vector<std::string> names{"p",   "p/w",        "shop/claude-1", ".hidden",   "a.b:c_d",
                                       "a b", "ünï/cödé",   "a\\b",          "100%",      "x@y",
                                       "/",   "-",          "a//b",          "\"quoted'", "~tilde",
                                       "..",  "under_score"};
  if (!has_program("systemd-escape")) {
    WARN("not tested against systemd-escape, which is not here");
    CHECK(escape_instance("shop/claude-1") == "shop-claude\\x2d1");
    return;
  }
  for (const std::string& name : names) {
    const Finished real = run({{"systemd-escape", "--", name}});
    INFO(name);
    CHECK(escape_instance(name) + "\n" == real.out);
  }
}

TEST_CASE("an instance's unit has a name that systemd takes, or none", "[services][units]") {
  CHECK(instance_name("synapse-arm", "p/w").value() == "synapse-arm@p-w.service");
  CHECK(instance_name("synapse-arm", "").has_error());
  CHECK(instance_name("synapse-arm", std::string(235, 'x')).has_value());
  CHECK(instance_name("synapse-arm", std::string(236, 'x')).has_error());
}

TEST_CASE("a unit runs the program by a path that systemd reads as it is", "[services][units]") {
  const auto hub = [](const char* program) { return user_units(program).value().front().text; };
  CHECK_THAT(hub("/usr/bin/synapse"), Contains("ExecStart=/usr/bin/synapse hub --port 8876"));
  CHECK_THAT(hub("/a b/100%/synapse"), Contains("ExecStart=\"/a b/100%%/synapse\" hub"));
  CHECK(user_units("synapse").has_error());
  CHECK(user_units("/bin/syn\napse").has_error());
  CHECK(user_units("/bin/$synapse").has_error());
}

TEST_CASE("units are installed whole, over those that were there", "[services][units]") {
  const TempDir home;
  const FixedEnvironment environment(Variables{{"HOME", home.path().string()}});
  const fs::path folder = home.path() / ".config/systemd/user";
  REQUIRE(install_units(environment, "/old/synapse").has_value());
  const Installed installed = install_units(environment, "/new/synapse").value();
  REQUIRE(installed.files.size() == 3);
  CHECK(installed.folders == std::vector<fs::path>{folder, home.path() / "synapse"});
  for (const fs::path& file : installed.files) {
    CHECK_THAT(text_of(file), Contains("/new/synapse") && !Contains("/old/synapse"));
    CHECK_THAT(text_of(file), Contains("NoNewPrivileges=yes") && Contains("ProtectSystem=strict"));
  }
  const auto entries = fs::directory_iterator(folder);
  CHECK(std::distance(begin(entries), end(entries)) == 3);
}

TEST_CASE("a package has the units that are installed for a user, by their names",
          "[services][units]") {
  for (const Unit& unit : user_units("/usr/bin/synapse").value()) {
    CHECK(unit_text(unit.file_name, "/usr/bin/synapse").value() == unit.text);
  }
  CHECK(unit_text("other.service", "/usr/bin/synapse").has_error());
  CHECK(unit_text("synapse-hub.service", "synapse").has_error());
}

TEST_CASE("the machine's unit keeps a hub from what the users' ones are kept from",
          "[services][units]") {
  const std::string packaged = text_of(fs::path(SYNAPSE_PACKAGING) / "synapse-hub.service");
  const std::string installed = user_units("/x/synapse").value().back().text;
  std::istringstream lines(installed.substr(installed.find("UMask=")));
  std::size_t settings = 0;
  for (std::string line; std::getline(lines, line) && !line.empty(); ++settings) {
    CHECK_THAT(packaged, Contains("\n" + line + "\n"));
  }
  CHECK(settings > 10);
}

TEST_CASE("units go where the user's systemd looks, and nowhere without a home",
          "[services][units]") {
  const TempDir home;
  const std::string config = (home.path() / "conf").string();
  const FixedEnvironment moved(
      Variables{{"HOME", home.path().string()}, {"XDG_CONFIG_HOME", config}});
  CHECK(install_units(moved, "/x/synapse").value().folders.front() == config + "/systemd/user");
  CHECK(install_units(FixedEnvironment(Variables{}), "/x/synapse").has_error());
  std::ofstream(home.path() / "taken") << "a file";
  const FixedEnvironment taken(Variables{{"HOME", (home.path() / "taken").string()}});
  CHECK(install_units(taken, "/x/synapse").has_error());
}

TEST_CASE("systemd finds nothing wrong with the units", "[services][units]") {
  if (!has_program("systemd-analyze")) {
    WARN("not tested: systemd-analyze is not here");
    return;
  }
  const TempDir home;
  const FixedEnvironment environment(Variables{{"HOME", home.path().string()}});
  const auto program = fs::canonical(synapse::test::program_under_test());
  const Installed installed = install_units(environment, program).value();
  synapse::test::Command verify{{"systemd-analyze", "--user", "--man=no", "verify"}};
  for (const fs::path& file : installed.files) verify.words.push_back(file.string());
  verify.environment["HOME"] = home.path().string();
  verify.environment["XDG_RUNTIME_DIR"] = home.path().string();
  const Finished verified = run(verify);
  INFO(verified.err);
  CHECK(verified.status->as_number() == 0);
  CHECK(verified.err.empty());

  std::ofstream(installed.files.front(), std::ios::app) << "[Service]\nNoSuchSetting=yes\n";
  CHECK_THAT(run(verify).err, Contains("NoSuchSetting"));
}

TEST_CASE("a line for a shell is read back as the words that it was made of", "[services][units]") {
  const std::vector<std::string> words{"a b", "it's", "", "$HOME", "p\\x2dw", "plain-1", "\"", "*"};
  std::vector<std::string> command{"printf", "%s|"};
  command.insert(command.end(), words.begin(), words.end());
  const Finished printed = run({{"sh", "-c", shell_line(command)}});
  std::string expected;
  for (const std::string& word : words) expected += word + "|";
  CHECK(printed.out == expected);
}
