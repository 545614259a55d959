// SPDX-License-Identifier: AGPL-3.0-or-later
#include <future>
#include <thread>

#include "base/clock.hpp"
#include "base/quiet_thread.hpp"
#include "hub/exposure.hpp"
#include "hub/logger.hpp"
#include "hub/service.hpp"
#include "synapse/hub.hpp"

namespace synapse {

namespace {

hub::RunOptions run_options(const HubOptions& options) {
  hub::RunOptions run;
  run.host = options.host;
  run.port = options.port;
  run.db = options.db;
  if (options.socket && !options.socket->empty()) run.socket = options.socket;
  if (!options.token.empty()) run.token = options.token;
  run.max_clients = options.max_clients;
  run.owns_process = false;
  return run;
}

}  // namespace

class Hub::Impl {
 public:
  explicit Impl(HubOptions chosen) : options(run_options(chosen)), logger(std::move(chosen.log)) {
    const base::BlockedSignals blocked;  // A service has a thread from the first.
    service.emplace(options, clock, logger);
  }

  const hub::RunOptions options;
  const base::SystemClock clock;
  const hub::Logger logger;
  std::optional<hub::Service> service;
  std::thread thread;
};

Hub::Hub(HubOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Hub::~Hub() { stop(); }

Result<> Hub::start() {
  const hub::RunOptions& options = impl_->options;
  if (auto safe = hub::check_exposure({options.host, options.is_guarded(), false, false}); !safe) {
    return safe;
  }
  // On a quiet thread, so that what it starts is quiet as well while the caller goes on taking the
  // program's signals.
  std::packaged_task<Result<>()> opening([impl = impl_.get()] { return impl->service->start(); });
  base::quiet_thread([&opening] { opening(); }).join();
  if (Result<> opened = opening.get_future().get(); !opened) return opened;
  impl_->thread = base::quiet_thread([impl = impl_.get()] {
    if (const auto ended = impl->service->run(); !ended) impl->logger.error(ended.error().message);
  });
  return {};
}

std::uint16_t Hub::port() const { return impl_->service->port(); }

std::string Hub::uri() const {
  const std::string& host = impl_->options.host;
  const bool is_v6 = host.find(':') != std::string::npos;
  return "ws://" + (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port());
}

void Hub::stop() {
  if (!impl_->thread.joinable()) return;
  impl_->service->stop();
  impl_->thread.join();
}

}  // namespace synapse
