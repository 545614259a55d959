// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/hook_install.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <optional>
#include <system_error>

#include "base/file.hpp"
#include "base/fnv1a.hpp"

namespace synapse::services {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t settings_bytes_max = 4UL << 20U;
constexpr mode_t plain_file = 0644;
constexpr mode_t secret_file = 0600;

// Where a chain of links leads; the path itself where there is none.
fs::path real_path(const fs::path& path) {
  std::error_code error;
  const fs::path real = fs::weakly_canonical(path, error);
  return error ? path : real;
}

// Nothing: there is no such file.
Result<std::optional<std::string>> read_settings_file(const fs::path& path) {
  std::error_code unknown;
  if (!fs::exists(path, unknown)) {
    if (fs::is_symlink(path, unknown)) {
      return fail(ErrorCode::io_error, path.string() + " is left alone: it links to nothing");
    }
    return std::optional<std::string>();
  }
  Result<std::string> text = base::read_whole(path, settings_bytes_max);
  if (!text) return text.error();
  return std::optional(*std::move(text));
}

}  // namespace

bool is_installed(const HookFile& file) {
  const auto text = base::read_whole(file.path, settings_bytes_max);
  return text && has_hooks(file, *text);
}

fs::path hook_state_folder(const base::Environment& environment) {
  std::string folder = environment.get("XDG_STATE_HOME").value_or("");
  if (folder.empty()) {
    const std::string home = environment.get("HOME").value_or("");
    if (home.empty()) return {};
    folder = home + "/.local/state";
  }
  return fs::path(folder) / "synapse" / "hooks";
}

fs::path HookInstaller::kept_file(const HookFile& file, const char* which) const {
  const std::uint64_t digest = base::fnv1a(real_path(file.path).string());
  return state_ / (std::string(guard::traits_of(file.host).word) + "-" + std::to_string(digest) +
                   "." + which);
}

Result<HookInstaller::Text> HookInstaller::without_ours(const HookFile& file,
                                                        const Text& text) const {
  if (!text) return Text();
  if (!state_.empty()) {
    const auto after = base::read_whole(kept_file(file, "after"), settings_bytes_max);
    if (after && *after == *text) {
      Result<std::string> before = base::read_whole(kept_file(file, "before"), settings_bytes_max);
      if (before) return Text(*std::move(before));
      if (before.error().code == ErrorCode::not_found) return Text();
    }
  }
  Result<std::string> less = without_hooks(file, *text);
  if (!less) return less.error();
  const bool is_gone = less->empty() && !text->empty();
  return is_gone ? Text() : Text(*std::move(less));
}

Result<HookChange> HookInstaller::plan_install(const HookFile& file, OnFailure on_failure) const {
  Result<Text> now = read_settings_file(file.path);
  if (!now) return now.error();
  const Result<Text> base = without_ours(file, *now);
  if (!base) return base.error();
  // Another repository of this user may want it.
  if (*now && has_fail_closed_hooks(file, **now)) on_failure = OnFailure::block;
  Result<std::string> after = with_hooks(file, base->value_or(""), syn_, on_failure);
  if (!after) return after.error();
  return HookChange{*std::move(now), *std::move(after)};
}

Result<HookChange> HookInstaller::plan_uninstall(const HookFile& file) const {
  Result<Text> now = read_settings_file(file.path);
  if (!now) return now.error();
  if (!*now || !has_hooks(file, **now)) return HookChange{*now, *now};
  Result<Text> base = without_ours(file, *now);
  if (!base) return base.error();
  return HookChange{*std::move(now), *std::move(base)};
}

// Before the file is written, so that there is no moment at which the old text is nowhere.
Result<> HookInstaller::keep(const HookFile& file, const HookChange& change) const {
  const Result<Text> before = without_ours(file, change.before);
  if (!before) return before.error();
  std::error_code error;
  fs::create_directories(state_, error);
  const base::FileTraits traits{secret_file};
  const fs::path place = kept_file(file, "before");
  if (!*before) {
    fs::remove(place, error);
  } else if (auto failed = base::replace_file(place, **before, traits)) {
    return base::file_error(place, "can't be written", failed.value());
  }
  if (auto failed = base::replace_file(kept_file(file, "after"), *change.after, traits)) {
    return base::file_error(kept_file(file, "after"), "can't be written", failed.value());
  }
  return {};
}

void HookInstaller::forget(const HookFile& file) const {
  if (state_.empty()) return;
  std::error_code ignored;
  fs::remove(kept_file(file, "after"), ignored);
  fs::remove(kept_file(file, "before"), ignored);
}

Result<> HookInstaller::carry_out(const HookFile& file, const HookChange& change) const {
  if (!change.is_needed()) return {};
  const fs::path path = real_path(file.path);
  std::error_code error;
  mode_t mode = plain_file;
  if (struct stat status{}; stat(path.c_str(), &status) == 0) {
    mode = status.st_mode & 07777U;
    if ((mode & S_IWUSR) == 0) {
      return fail(ErrorCode::io_error, path.string() + " is left alone: it is read-only");
    }
  }
  if (!change.after) {
    fs::remove(path, error);
    if (error) return base::file_error(path, "can't be removed", error.value());
    forget(file);
    return {};
  }
  const bool has_ours = has_hooks(file, *change.after);
  if (has_ours && !state_.empty()) {
    if (Result<> kept = keep(file, change); !kept) return kept;
  }
  fs::create_directories(path.parent_path(), error);
  const base::FileTraits traits{mode};
  if (auto failed = base::replace_file(path, *change.after, traits)) {
    return base::file_error(path, "can't be written", failed.value());
  }
  if (!has_ours) forget(file);
  return {};
}

}  // namespace synapse::services
