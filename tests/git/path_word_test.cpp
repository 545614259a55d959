// SPDX-License-Identifier: AGPL-3.0-or-later
#include "git/path_word.hpp"

#include <fstream>

#include "git/no_variables.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using Catch::Matchers::Contains;
using synapse::base::FixedEnvironment;
using synapse::git::read_path_word;
using synapse::test::TempDir;
namespace fs = std::filesystem;
using Paths = std::vector<std::string>;

namespace {

const FixedEnvironment at_home(std::map<std::string, std::string>{{"HOME", "/home/ann"}});

struct Folder {
  Folder() { fs::create_directories(dir / "src"); }

  [[nodiscard]] Paths read(const std::string& word) const {
    return read_path_word(word, dir.path(), at_home).value();
  }
  [[nodiscard]] std::string refusal(const std::string& word) const {
    const auto read = read_path_word(word, dir.path(), at_home);
    REQUIRE(read.has_error());
    return read.error().message;
  }
  void touch(const std::string& name) const {
    fs::create_directories((dir / name).parent_path());
    std::ofstream(dir / name) << "x";
  }

  TempDir dir;
};

}  // namespace

TEST_CASE("a choice in braces is every path that it spells", "[git][path_word]") {
  const Folder folder;
  CHECK(folder.read("src/{a,b}.py") == Paths{"src/a.py", "src/b.py"});
  CHECK(folder.read("{src/{a,b},doc}.{c,h}") ==
        Paths{"src/a.c", "src/a.h", "src/b.c", "src/b.h", "doc.c", "doc.h"});
  CHECK(folder.read("x{,.bak}") == Paths{"x", "x.bak"});
  CHECK(folder.read("src/{*.c,b}") == Paths{"src/*.c", "src/b"});
}

TEST_CASE("braces that are no choice, or too many, stay as they are", "[git][path_word]") {
  const Folder folder;
  for (const std::string word : {"{{cookiecutter.name}}/x", "{id}", "a{b", "a}b", "x\\{a,b}",
                                 "{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}"}) {
    CHECK(folder.read(word) == Paths{word});
  }
  CHECK(folder.read("{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}").size() == 64);
}

TEST_CASE("line numbers and mentions are no part of a path", "[git][path_word]") {
  const Folder folder;
  for (const char* word : {"src/t.py:12", "src/t.py:12-40", "src/t.py:12:5", "src/t.py#L12",
                           "src/t.py#L12-L40", "src/t.py#L12-40", "@src/t.py", "@src/t.py:12"}) {
    INFO(word);
    CHECK(folder.read(word) == Paths{"src/t.py"});
  }
  for (const std::string word : {"src/t:x", "src/t:", ":12", "src/t#L", "a:12-", "src/#x", "@"}) {
    CHECK(folder.read(word) == Paths{word});
  }
}

TEST_CASE("a file that is called as the word is written is meant", "[git][path_word]") {
  const Folder folder;
  for (const std::string name :
       {"t.py:12", "@x", "!x", "~x", "{a,b}.c", "@types/node", "file:/x"}) {
    folder.touch(name);
    CHECK(folder.read(name) == Paths{name});
  }
  // Of a package only its folder has to be there.
  CHECK(folder.read("@types/new") == Paths{"@types/new"});
}

TEST_CASE("a tilde is the home folder, and another user's is refused", "[git][path_word]") {
  const Folder folder;
  CHECK(folder.read("~/x.py:3") == Paths{"/home/ann/x.py"});
  CHECK(folder.read("~") == Paths{"/home/ann"});
  CHECK_THAT(folder.refusal("~bob/x"), Contains("another user's home"));
  const auto homeless = read_path_word("~/x", folder.dir.path(), synapse::git::nothing_set);
  REQUIRE(homeless.has_error());
  CHECK_THAT(homeless.error().message, Contains("$HOME"));
}

TEST_CASE("a file URI is the file's path", "[git][path_word]") {
  const Folder folder;
  CHECK(folder.read("file:///srv/a%20b/q.py") == Paths{"/srv/a b/q.py"});
  CHECK(folder.read("file:/srv/q.py") == Paths{"/srv/q.py"});
  CHECK(folder.read("file://localhost/srv/q.py#L3") == Paths{"/srv/q.py"});
  CHECK_THAT(folder.refusal("file://elsewhere/srv/q.py"), Contains("another machine"));
  CHECK_THAT(folder.refusal("file:///srv/%zz"), Contains("no URI"));
  CHECK_THAT(folder.refusal("file:///srv/%00"), Contains("no URI"));
  CHECK_THAT(folder.refusal("file:///srv/%ff"), Contains("UTF-8"));
}

TEST_CASE("what can't be a path of a claim is refused with a reason", "[git][path_word]") {
  const Folder folder;
  CHECK_THAT(folder.refusal("!src/a.py"), Contains("can't leave files out"));
  CHECK(folder.read("./!src") == Paths{"./!src"});
  CHECK_THAT(folder.refusal("\xff"), Contains("UTF-8"));
  CHECK_THAT(folder.refusal(""), Contains("names no file"));
  CHECK_THAT(folder.refusal(" "), Contains("names no file"));
  CHECK_THAT(folder.refusal(std::string(5000, 'x')), Contains("too long"));
}
