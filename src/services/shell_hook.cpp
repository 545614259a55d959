// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/shell_hook.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "base/control.hpp"
#include "base/file.hpp"
#include "base/shell_quote.hpp"
#include "base/strings.hpp"

namespace synapse::services {

// Of the files in shell/. @PROGRAM@ stands for the quoted path of the program.
extern const char* const bash_hook;
extern const char* const zsh_hook;
extern const char* const fish_hook;

namespace {

namespace fs = std::filesystem;

// Start-up files are written by hand; one that is larger is something else.
constexpr std::size_t file_bytes_max = 16UL << 20U;

std::string name_of(Shell shell) {
  switch (shell) {
    case Shell::bash:
      return "bash";
    case Shell::zsh:
      return "zsh";
    case Shell::fish:
      return "fish";
  }
  return "";
}

// fish knows two escapes within single quotes.
std::string fish_quoted(const std::string& word) {
  std::string quoted = "'";
  for (const char character : word) {
    if (character == '\'' || character == '\\') quoted += '\\';
    quoted += character;
  }
  return quoted + "'";
}

std::string quoted_for(Shell shell, const std::string& word) {
  return shell == Shell::fish ? fish_quoted(word) : base::shell_quoted(word);
}

const char* code_of(Shell shell) {
  switch (shell) {
    case Shell::bash:
      return bash_hook;
    case Shell::zsh:
      return zsh_hook;
    case Shell::fish:
      return fish_hook;
  }
  return "";
}

// `function NAME` and not `NAME()`: a name that is an alias would be expanded there. In zsh no
// array is asked, since options of the user's change how that is written.
std::string wrapper(Shell shell, const std::string& provider) {
  const std::string all = provider + (shell == Shell::fish ? " $argv" : " \"$@\"");
  const std::string run = "__synapse_run " + all;
  const std::string plain = "command " + all;
  switch (shell) {
    case Shell::bash:
      return "declare -F " + provider + " >/dev/null || function " + provider +
             " { if declare -F __synapse_run >/dev/null; then " + run + "; else " + plain +
             "; fi; }\n";
    case Shell::zsh:
      return "typeset -f " + provider + " >/dev/null || function " + provider +
             " { if typeset -f __synapse_run >/dev/null; then " + run + "; else " + plain +
             "; fi; }\n";
    case Shell::fish:
      return "functions -q " + provider + "; or function " + provider + " --wraps " + provider +
             "; if functions -q __synapse_run; " + run + "; else; " + plain + "; end; end\n";
  }
  return "";
}

Result<fs::path> start_up_file(const base::Environment& environment, Shell shell) {
  const auto folder = [&environment](const char* variable) {
    fs::path path = environment.get(variable).value_or("");
    return path.is_absolute() ? path : fs::path();
  };
  const fs::path home = folder("HOME");
  if (home.empty()) return fail(ErrorCode::bad_argument, "no $HOME: it says whose shell it is");
  const fs::path zsh = folder("ZDOTDIR");
  const fs::path config = folder("XDG_CONFIG_HOME");
  switch (shell) {
    case Shell::bash:
      return home / ".bashrc";
    case Shell::zsh:
      return (zsh.empty() ? home : zsh) / ".zshrc";
    case Shell::fish:
      return (config.empty() ? home / ".config" : config) / "fish/config.fish";
  }
  return home;
}

// The original's block loads the same command: to add ours would load it twice.
bool begins_block(std::string_view line) {
  line = base::trim(line);
  return line.starts_with("# >>> synapse") && line.ends_with("shell integration >>>");
}

bool ends_block(std::string_view line) {
  line = base::trim(line);
  return line.starts_with("# <<< synapse") && line.ends_with("shell integration <<<");
}

bool has_block(const std::string& content) {
  const std::vector<std::string_view> lines = base::split(content, '\n');
  return std::any_of(lines.begin(), lines.end(), begins_block);
}

// The content without its blocks; nothing if one of them has no end.
std::optional<std::string> without_blocks(std::string_view content) {
  std::string rest;
  bool is_inside = false;
  while (!content.empty()) {
    const std::size_t end = content.find('\n');
    const std::string_view line =
        content.substr(0, end == std::string_view::npos ? content.size() : end + 1);
    content.remove_prefix(line.size());
    if (is_inside && begins_block(line)) return std::nullopt;
    if (begins_block(line)) is_inside = true;
    if (!is_inside) rest += line;
    if (ends_block(line)) is_inside = false;
  }
  if (is_inside) return std::nullopt;
  return rest;
}

std::string block(Shell shell, const std::string& program) {
  const std::string quoted = quoted_for(shell, program);
  const std::string load = quoted + " shell-hook --shell " + name_of(shell);
  std::string text = "# >>> synapse shell integration >>>\n";
  if (shell == Shell::fish) {
    text +=
        "if status is-interactive; and type -q " + quoted + "\n    " + load + " | source\nend\n";
  } else {
    text += "if [[ $- == *i* ]] && command -v " + quoted + " >/dev/null 2>&1; then\n  eval \"$(" +
            load + ")\"\nfi\n";
  }
  return text + "# <<< synapse shell integration <<<\n";
}

}  // namespace

Result<Shell> shell_of(const std::string& path) {
  const std::string name = fs::path(path).filename().string();
  for (const Shell shell : {Shell::bash, Shell::zsh, Shell::fish}) {
    if (name == name_of(shell)) return shell;
  }
  return fail(ErrorCode::bad_argument,
              "'" + base::escape_control(name, base::LineBreaks::escape) +
                  "' is none of bash, zsh and fish, the shells that there is a hook for");
}

std::vector<std::string> default_providers() {
  return {"codex", "claude", "gemini", "agent", "ask", "ollama"};
}

bool is_provider_name(const std::string& word) {
  const auto is_word = [](char character) {
    return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'z') ||
           (character >= 'A' && character <= 'Z') || character == '_' || character == '-';
  };
  return !word.empty() && word.front() != '-' && word.size() <= 64 &&
         std::all_of(word.begin(), word.end(), is_word);
}

std::string hook_code(Shell shell, const fs::path& program,
                      const std::vector<std::string>& providers) {
  const std::string place = "@PROGRAM@";
  std::string code = code_of(shell);
  code.replace(code.find(place), place.size(), quoted_for(shell, program.string()));
  for (const std::string& provider : providers) code += wrapper(shell, provider);
  return code;
}

Result<HookInstallation> install_hook(const base::Environment& environment, Shell shell,
                                      const std::string& program) {
  const Result<fs::path> file = start_up_file(environment, shell);
  if (!file) return file.error();
  std::error_code error;
  fs::create_directories(file->parent_path(), error);
  if (error) return base::file_error(file->parent_path(), "can't be made", error.value());
  // In place, appended in one write: the file may be a link into somebody's collection of them.
  const base::Descriptor opened(open(file->c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!opened.is_open()) return base::file_error(*file, "can't be opened", errno);
  const Result<std::string> content = base::read_rest(opened, *file, file_bytes_max);
  if (!content) return content.error();
  if (has_block(*content)) return HookInstallation{*file, true};
  const bool ends_midline = !content->empty() && content->back() != '\n';
  const std::string text = (ends_midline ? "\n" : "") + block(shell, program);
  if (write(opened.number(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return base::file_error(*file, "can't be written", errno);
  }
  return HookInstallation{*file, false};
}

Result<HookInstallation> remove_hook(const base::Environment& environment, Shell shell) {
  const Result<fs::path> file = start_up_file(environment, shell);
  if (!file) return file.error();
  const Result<std::string> content = base::read_whole(*file, file_bytes_max);
  if (!content && content.error().code == ErrorCode::not_found) {
    return HookInstallation{*file, false};
  }
  if (!content) return content.error();
  if (!has_block(*content)) return HookInstallation{*file, false};
  const std::optional<std::string> rest = without_blocks(*content);
  if (!rest) {
    return fail(ErrorCode::corrupt, base::quoted_path(*file) +
                                        " has a block of ours without its last line: take it out "
                                        "by hand");
  }
  std::error_code error;
  const fs::path real = fs::canonical(*file, error);
  if (error) return base::file_error(*file, "can't be found", error.value());
  base::FileTraits traits;
  traits.permissions = static_cast<unsigned>(fs::status(real, error).permissions());
  if (error) return base::file_error(real, "can't be read", error.value());
  if (const std::error_code failed = base::replace_file(real, *rest, traits)) {
    return base::file_error(real, "can't be written", failed.value());
  }
  return HookInstallation{*file, true};
}

}  // namespace synapse::services
