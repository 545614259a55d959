// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/cli_run.hpp"

#include <utility>

namespace synapse::test {

class FakeSignals::Watch final : public cli::SignalWatch {
 public:
  explicit Watch(std::shared_ptr<Pending> pending) : pending_(std::move(pending)) {}

  [[nodiscard]] int descriptor() const override { return pending_->bell.descriptor(); }
  [[nodiscard]] std::optional<cli::Signal> take() override {
    if (!pending_->bell.answer()) return std::nullopt;
    return cli::Signal{pending_->number, pending_->origin};
  }

 private:
  std::shared_ptr<Pending> pending_;
};

void FakeSignals::send(const cli::Signal& signal) {
  pending_->number = signal.number;
  pending_->origin = signal.origin;
  pending_->bell.ring();
}

std::unique_ptr<cli::SignalWatch> FakeSignals::watch(const std::vector<int>&) {
  return std::make_unique<Watch>(pending_);
}

std::string SharedText::text() const {
  const std::lock_guard lock(mutex_);
  return text_;
}

void SharedText::clear() {
  const std::lock_guard lock(mutex_);
  text_.clear();
}

SharedText::int_type SharedText::overflow(int_type character) {
  const char byte = traits_type::to_char_type(character);
  return xsputn(&byte, 1) == 1 ? character : traits_type::eof();
}

std::streamsize SharedText::xsputn(const char* bytes, std::streamsize count) {
  const std::lock_guard lock(mutex_);
  text_.append(bytes, static_cast<std::size_t>(count));
  return count;
}

CliRun::CliRun(std::map<std::string, std::string> environment)
    : environment_(std::move(environment)), context_{out_,
                                                     err_,
                                                     environment_,
                                                     clock_,
                                                     signals,
                                                     [] { return 0.5; },
                                                     std::filesystem::current_path()} {}

int CliRun::operator()(const std::vector<std::string>& words) {
  out_text_.clear();
  err_text_.clear();
  return cli::run(context_, words);
}

Ran ran(const Variables& environment, const std::vector<std::string>& words) {
  CliRun run(environment);
  const int code = run(words);
  return {code, run.out(), run.err()};
}

}  // namespace synapse::test
