// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/service.hpp"

#include <malloc.h>

#include <atomic>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <thread>

#include "hub/allocator_trim.hpp"
#include "hub/arrival_queue.hpp"
#include "hub/cluster_run.hpp"
#include "hub/flush_pacing.hpp"
#include "hub/hook_page.hpp"
#include "hub/host_watch.hpp"
#include "hub/log_keeper.hpp"
#include "hub/page_files.hpp"
#include "hub/relay_mirror.hpp"
#include "hub/service_options.hpp"
#include "past/desk.hpp"

namespace synapse::hub {

namespace asio = boost::asio;
using boost::system::error_code;

// Handlers hold plain pointers to it: the I/O context is a member, declared before whatever uses
// it, so no handler outlives it.
class Service::Impl final : public net::ServerHandler, public Arrivals {
 public:
  Impl(const RunOptions& options, const Clock& clock, const Logger& logger)
      : options_(options),
        clock_(clock),
        logger_(logger),
        threads_(thread_count(options)),
        io_(static_cast<int>(threads_)),
        strand_(asio::make_strand(io_)),
        timer_(strand_),
        closing_timer_(strand_),
        trim_(strand_),
        server_(io_, server_options(options), *this),
        hosts_(strand_, [this](SessionId id) {
          engine_->host_ended(id, clock_.now());
          drain();
        }) {}

  Result<> start() {
    EngineOptions engine = engine_options(options_);
    const Moment now = clock_.now();
    started_ = now.mono;
    Result<std::unique_ptr<core::Machine>> machine =
        std::make_unique<core::Machine>(engine.limits, engine.hub_id);
    if (!options_.cluster.empty()) {
      cluster_.emplace(options_, engine, cluster_host());
      machine = cluster_->find_bus(io_, is_unwanted_);
      engine.hub_id = cluster_->bus();
    } else if (options_.db) {
      log_.emplace(log_options(options_), engine.limits, engine.hub_id, logger_);
      machine = log_->open(now, is_unwanted_);
      // What reading the log left behind would stay for as long as the hub runs.
      if (options_.owns_process) malloc_trim(0);
    }
    if (!machine) return machine.error();
    auto relay = start_relay(options_.relay_log, options_.relay_max_lines, say_to(logger_));
    if (!relay) return relay.error();
    relay_ = std::move(*relay);
    start_engine(engine, std::move(*machine));
    if (auto bound = server_.start(); !bound) return bound;
    if (auto bound = open_socket(); !bound) return bound;
    // Guards look where the socket is at its default place. Other hubs could grant what is in it.
    if (options_.socket && !cluster_) engine_->hooks().keep_snapshot(lease_snapshot_file(port()));
    if (cluster_) {
      Result<> joined = cluster_->join(io_, *engine_, own_url(options_, port()), is_unwanted_);
      if (!joined) return joined;
    }
    // What lapsed while no hub ran lapses now, before anybody asks.
    drain_soon();
    return {};
  }

  [[nodiscard]] std::uint16_t port() const { return server_.port(); }
  Result<> run() {
    const auto work = asio::make_work_guard(io_);
    io_.restart();
    std::vector<std::jthread> helpers;
    for (unsigned i = 1; i < threads_; ++i) helpers.emplace_back([this] { io_.run(); });
    io_.run();
    helpers.clear();
    compactor_.reset();
    if (past_) past_->quit();
    if (log_) log_->stop();
    if (cluster_) cluster_->stop();
    if (relay_) relay_->stop(relay_patience);
    return fatal_ ? Result<>(*fatal_) : Result<>();
  }

  void stop() {
    is_unwanted_ = true;
    asio::post(strand_, [this] { shut_down(); });
  }

  // net::ServerHandler, on any I/O thread.
  void request(net::HttpRequest request, std::shared_ptr<net::HttpReply> reply) override {
    if (const auto refused = refuse_sender(options_, request)) return reply->respond(*refused);
    auto page = serves_page(options_) ? page_response(request) : std::nullopt;
    if (page) return reply->respond(*std::move(page));
    asio::dispatch(strand_, [this, request = std::move(request), reply = std::move(reply)] {
      if (is_for_hooks(request)) return hook(request, reply);
      const Moment now = clock_.now();
      if (cluster_ && is_for_cluster(request)) return cluster_->answer(request, now, reply);
      refresh_metrics(now);
      reply->respond(http_page(request, http_options(options_), *engine_,
                               base::to_seconds(now.mono - started_)));
    });
  }

  std::optional<net::HttpResponse> refuse_upgrade(const net::HttpRequest& request) override {
    if (cluster_ && cluster_->is_draining()) return net::plain_response(503, "go on elsewhere");
    return refuse_sender(options_, request);
  }

  std::shared_ptr<net::ConnectionHandler> opened(
      std::shared_ptr<net::Connection> connection) override {
    // Nobody has to show a token here before anything else.
    if (!options_.is_guarded() || connection->peer().is_unix) connection->admit();
    auto session = std::make_shared<Session>(std::move(connection), this);
    arrive({Arrival::Kind::opened, session, nullptr, 0, {}});
    return session;
  }

  void arrive(Arrival arrival) override {
    // By this thread, where no other is in the hub: a frame that comes alone wakes nobody.
    if (arrivals_.push(std::move(arrival))) asio::dispatch(strand_, [this] { drain(); });
  }

 private:
  void start_engine(const EngineOptions& engine, std::unique_ptr<core::Machine> machine) {
    const bool writes = log_ && !log_->read_only();
    if (writes) log_->start([this](auto turn, const auto& error) { on_commit(turn, error); });
    if (writes && options_.compact_at != 0) start_compactor();
    LogWriter* writer = cluster_ ? &cluster_->keeper() : static_cast<LogWriter*>(committer());
    engine_.emplace(engine, std::move(machine), writer, cluster_ ? &cluster_->log() : nullptr);
    if (log_ && !writes) engine_->refuse_changes(*log_->read_only());
    using Log = past::Desk::Log;
    if (options_.db) open_past(log_ && !writes ? Log::frozen : Log::written);
    engine_->hooks().watch_with(
        [this](SessionId id, const base::ProcessMark& host) { return hosts_.watch(id, host); },
        [this](SessionId id) { hosts_.forget(id); });
    if (relay_) {
      engine_->on_broadcast([this](std::string_view frame) { mirrored_.emplace_back(frame); });
    }
  }

  void open_past(past::Desk::Log log) {
    past_.emplace(*options_.db, log, engine_->hub_id(), clock_, [this](past::Answer answer) {
      asio::post(strand_, [this, answer = std::move(answer)] {
        engine_->past_answered(answer, clock_.now());
        drain();
      });
    });
    engine_->ask_past_at(*past_);
  }

  void start_compactor() {
    store::CompactorOptions compactor = compactor_options(options_);
    const auto write_renewed = [this] {
      engine_->write_renewed_soon(clock_.now());
      drain();
    };
    compactor.prepare = [this, write_renewed] { asio::post(strand_, write_renewed); };
    compactor_.emplace(std::move(compactor), clock_, say_to(logger_));
  }

  [[nodiscard]] ClusterRun::Host cluster_host() {
    return {strand_, clock_, logger_, [this] { drain_soon(); },
            [this](const Error& why) { asio::post(strand_, [this, why] { give_up(why); }); }};
  }

  // At the default place it may fail: there is the port.
  Result<> open_socket() {
    const std::string path = socket_path(options_, port());
    if (path.empty()) return {};
    Result<> opened = server_.listen_at(path);
    if (opened) logger_.info("the Unix socket is " + path);
    if (opened || !options_.socket->empty()) return opened;
    logger_.warning(opened.error().message + "; there is no Unix socket");
    return {};
  }

  // Everything below runs on the hub's strand.

  void hook(const net::HttpRequest& request, const std::shared_ptr<net::HttpReply>& reply) {
    const bool is_serving = !stopping_ && (!cluster_ || cluster_->takes_agents());
    answer_hook(request, reply, *engine_, is_serving ? std::optional(clock_.now()) : std::nullopt);
    drain();
  }

  void drain() {
    if (std::exchange(is_draining_, true)) return;  // A flush has told of what it wrote.
    if (has_more()) drain_soon();
    is_draining_ = false;
  }
  // Behind all that is ready to run.
  void drain_soon() {
    if (std::exchange(will_drain_, true)) return;
    asio::post(strand_, [this] {
      will_drain_ = false;
      drain();
    });
  }

  // All that has arrived; whether there may be more. It waits while the log is too far behind, and
  // so do the sockets that it came from: a small frame may write a large row. The next commit goes
  // on from there. It also waits until the hubs of a cluster know this one.
  bool has_more() {
    do {
      const std::size_t news = arrivals_.receive([this] { return may_take(); },
                                                 [this](Arrival& arrival) { take(arrival); });
      const bool is_held_up = arrivals_.is_held_up();
      const bool is_lone = news == 1 && engine_->pass(clock_.now()) <= 1;
      const auto reach = is_lone && engine_->held_turns() == 0 ? FlushPacing::Reach::one
                                                               : FlushPacing::Reach::many;
      if (!is_held_up && pacing_.looks_again(news, reach, clock_.now().mono)) return true;
      flush();
      if (is_held_up) break;
      if (pacing_.is_long()) return pacing_.rest(), true;
    } while (!arrivals_.sleep());
    pacing_.rest();
    return false;
  }

  // Null: nothing is written.
  [[nodiscard]] store::Committer* committer() const { return log_ ? log_->committer() : nullptr; }
  [[nodiscard]] bool may_take() const {
    if (cluster_) return cluster_->is_serving() || stopping_;
    return committer() == nullptr || committer()->waiting_bytes() <= waiting_log_bytes_max;
  }

  void take(Arrival& arrival) {
    const SharedSession& session = arrival.session;
    switch (arrival.kind) {
      case Arrival::Kind::opened:
        trim_.count();
        if (stopping_) return Engine::send_away(*session);
        if (cluster_ && cluster_->is_draining()) return Engine::send_elsewhere(*session);
        engine_->open(session, clock_.now());
        break;
      case Arrival::Kind::spoke:
        if (session->id == SessionId{}) break;  // It was turned away.
        engine_->frame(session, std::move(arrival.heard), arrival.bytes, clock_.now());
        break;
      case Arrival::Kind::closed:
        trim_.count();
        engine_->closed(session, arrival.how, clock_.now());
        break;
      case Arrival::Kind::wrote:
        engine_->written(*session, arrival.message);
    }
  }

  void flush() {
    const Moment now = clock_.now();
    engine_->tick(now);
    if (cluster_) cluster_->work(now);
    if (committer() != nullptr) committer()->wake();
    engine_->flush(now);
    if (!mirrored_.empty()) relay_->add(std::exchange(mirrored_, {}));
    arm_timer();
    if (options_.owns_process) trim_.arm_after_crowd();
    const bool has_parted = !cluster_ || cluster_->has_parted();
    if (stopping_ && has_parted && engine_->held_turns() == 0) close_all();
  }

  void arm_timer() {
    std::optional<Mono> deadline = engine_->next_deadline();
    if (cluster_) deadline = std::min(deadline.value_or(Mono::max()), cluster_->next_deadline());
    if (!deadline || (armed_for_ && *armed_for_ == *deadline)) return;
    armed_for_ = deadline;
    timer_.expires_after(*deadline - clock_.now().mono);
    timer_.async_wait([this](error_code error) {
      if (error) return;
      armed_for_.reset();
      drain();
    });
  }

  // On the store's thread.
  void on_commit(std::uint64_t turn, const std::optional<Error>& error) {
    asio::post(strand_, [this, turn, error] {
      if (!error) {
        engine_->committed(turn);
      } else if (engine_->read_only_reason().empty()) {
        go_read_only(*error);
      }
      drain();
    });
  }

  void go_read_only(const Error& error) {
    logger_.error("the event log can't be written (" + error.message +
                  "): changes are refused from now on; " + std::string(advice(error)));
    // It would find another log in place of one that was replaced.
    if (compactor_) compactor_->quit();
    const Moment now = clock_.now();
    auto machine = log_->rebuild(now);
    if (!machine) {
      logger_.error("the event log can't be read either: " + machine.error().message);
      return give_up(machine.error());
    }
    engine_->log_failed(error, std::move(*machine), now);
  }

  void give_up(const Error& why) {
    fatal_ = why;
    shut_down();
  }

  void refresh_metrics(Moment now) {
    Metrics& metrics = engine_->metrics();
    if (cluster_) metrics.cluster = cluster_->status(now);
    metrics.slow_readers = server_.slow_readers();
    if (relay_) metrics.relay_dropped = relay_->dropped();
    if (committer() != nullptr) copy_commit_metrics(committer()->stats(), metrics);
  }

  void shut_down() {
    if (std::exchange(stopping_, true)) return;
    server_.stop();
    hosts_.stop();
    if (compactor_) compactor_->quit();
    engine_->write_renewed(clock_.now());
    if (cluster_) cluster_->part();
    // Clients have their own bounds; this one is the promise to whoever stops us. It leaves a
    // second for the last tries at a log that another program holds, and a relay file that stalls.
    deadline_.emplace(strand_, std::chrono::seconds(3));
    deadline_->async_wait([this](error_code) { io_.stop(); });
    drain();
  }

  void close_all() {
    if (std::exchange(closed_all_, true)) return;
    engine_->shut_down();
    wait_for_last();
  }

  void wait_for_last() {
    if (server_.open_connections() == 0) return io_.stop();
    closing_timer_.expires_after(std::chrono::milliseconds(2));
    closing_timer_.async_wait([this](error_code) { wait_for_last(); });
  }

  static constexpr std::chrono::milliseconds relay_patience{500};
  static constexpr std::size_t waiting_log_bytes_max = 64UL << 20U;

  const RunOptions options_;
  const Clock& clock_;
  const Logger& logger_;
  const unsigned threads_;
  asio::io_context io_;
  asio::strand<asio::io_context::executor_type> strand_;
  asio::steady_timer timer_;
  asio::steady_timer closing_timer_;
  AllocatorTrim trim_;
  std::optional<asio::steady_timer> deadline_;
  std::optional<Mono> armed_for_;
  net::Server server_;
  ArrivalQueue arrivals_;
  HostWatch hosts_;
  std::optional<LogKeeper> log_;
  std::optional<ClusterRun> cluster_;
  std::optional<store::Compactor> compactor_;
  std::unique_ptr<store::LineWriter> relay_;
  std::vector<std::string> mirrored_;
  std::optional<Engine> engine_;
  std::optional<past::Desk> past_;
  std::optional<Error> fatal_;
  Mono started_{0};
  FlushPacing pacing_;
  std::atomic<bool> is_unwanted_{false};
  bool is_draining_ = false;
  bool will_drain_ = false;
  bool stopping_ = false;
  bool closed_all_ = false;
};

Service::Service(const RunOptions& options, const Clock& clock, const Logger& logger)
    : impl_(std::make_unique<Impl>(options, clock, logger)) {}

Service::~Service() = default;
Result<> Service::start() { return impl_->start(); }
std::uint16_t Service::port() const { return impl_->port(); }
Result<> Service::run() { return impl_->run(); }
void Service::stop() { impl_->stop(); }

}  // namespace synapse::hub
