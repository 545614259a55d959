// SPDX-License-Identifier: AGPL-3.0-or-later
// The command line in process: words, environment, clock and signals go in; exit code and text come
// out. Used by the tests of the commands, each from one thread.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <ostream>
#include <streambuf>
#include <string>
#include <vector>

#include "base/bell.hpp"
#include "base/clock.hpp"
#include "base/environment.hpp"
#include "cli/app.hpp"

namespace synapse::test {

// Signals that the test sends, in place of the process's.
class FakeSignals final : public cli::SignalSource {
 public:
  // To whatever watches now or watches next.
  void send(const cli::Signal& signal);

  [[nodiscard]] std::unique_ptr<cli::SignalWatch> watch(const std::vector<int>& numbers) override;

 private:
  class Watch;
  struct Pending {
    base::Bell bell;
    std::atomic<int> number = 0;  // 0: none.
    std::atomic<cli::Signal::Origin> origin = cli::Signal::Origin::process;
  };
  std::shared_ptr<Pending> pending_ = std::make_shared<Pending>();
};

// A stream's text, which another thread may look at while it grows.
class SharedText final : public std::streambuf {
 public:
  [[nodiscard]] std::string text() const;
  void clear();

 protected:
  int_type overflow(int_type character) override;
  std::streamsize xsputn(const char* bytes, std::streamsize count) override;

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

using Variables = std::map<std::string, std::string>;

class CliRun {
 public:
  explicit CliRun(Variables environment = {});

  // Runs `synapse WORDS` to its end; out and err hold what it wrote.
  int operator()(const std::vector<std::string>& words);

  // From any thread, at any time.
  [[nodiscard]] std::string out() const { return out_text_.text(); }
  [[nodiscard]] std::string err() const { return err_text_.text(); }
  [[nodiscard]] cli::Context& context() { return context_; }

  FakeSignals signals;

 private:
  base::FixedEnvironment environment_;
  base::SystemClock clock_;
  SharedText out_text_;
  SharedText err_text_;
  std::ostream out_{&out_text_};
  std::ostream err_{&err_text_};
  cli::Context context_;
};

// A command that was run to its end.
struct Ran {
  int code;
  std::string out;
  std::string err;
};
[[nodiscard]] Ran ran(const Variables& environment, const std::vector<std::string>& words);

}  // namespace synapse::test
