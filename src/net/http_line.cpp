// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/http_line.hpp"

#include <boost/asio/error.hpp>
#include <optional>
#include <utility>

#include "base/assert.hpp"
#include "net/alarm.hpp"
#include "net/tcp_link.hpp"

namespace synapse::net {

namespace {

constexpr std::chrono::milliseconds line_timeout{10'000};

}  // namespace

class HttpLine::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(boost::asio::any_io_executor executor, HttpLineOptions options)
      : executor_(std::move(executor)), options_(std::move(options)), alarm_(executor_) {}

  void ask(HttpCall call, Piece piece, Done done) {
    SYNAPSE_ASSERT(!is_busy());
    call.connection = HttpCall::Afterwards::keep;
    call_ = std::move(call);
    piece_ = std::move(piece);
    done_ = std::move(done);
    Result<std::string> text = encode_http_request(call_);
    if (!text) return end(text.error());
    request_ = *std::move(text);
    reader_ = std::make_unique<HttpResponseReader>(options_.body_bytes_max);
    const auto patience = call_.timeout.value_or(line_timeout);
    alarm_.set(patience, [this] {
      end(fail(ErrorCode::timed_out, call_.uri.authority() + " gave no answer in time"));
    });
    const std::string place = std::string(call_.uri.scheme == Uri::Scheme::http ? "" : "tls ") +
                              call_.address + " " + at();
    if (link_ != nullptr && place == place_) return speak();
    if (link_ != nullptr) std::exchange(link_, nullptr)->close();
    place_ = place;
    link_ = std::make_shared<TcpLink>(executor_, options_.request_bytes_max);
    const std::string& host = call_.address.empty() ? call_.uri.host : call_.address;
    link_->connect({{}, host, call_.uri.port}, TcpLink::Clock::now() + patience,
                   step(&Impl::secure));
  }

  void drop() {
    alarm_.cancel();
    piece_ = nullptr;
    done_ = nullptr;
    if (link_ != nullptr) std::exchange(link_, nullptr)->close();
  }

  [[nodiscard]] bool is_busy() const { return done_ != nullptr; }

 private:
  // What belongs to a connection that was given up is dropped.
  TcpLink::Done step(void (Impl::*next)()) {
    return [weak = weak_from_this(), link = link_, next](const Result<>& done) {
      const auto self = weak.lock();
      if (self == nullptr || self->link_ != link) return;
      if (!done) return self->end(done.error());
      (self.get()->*next)();
    };
  }

  void secure() {
    if (call_.uri.scheme == Uri::Scheme::http) return speak();
    Result<boost::asio::ssl::context> context = client_tls(options_.tls_ca, options_.tls_verify);
    if (!context) return end(context.error());
    if (!options_.tls_cert.empty()) {
      const Result<> shown = present_certificate(*context, options_.tls_cert, options_.tls_key);
      if (!shown) return end(shown.error());
    }
    link_->start_tls(std::move(*context), call_.uri.host, options_.tls_verify, step(&Impl::speak));
  }

  void speak() {
    if (const Result<> queued = link_->append(request_); !queued) return end(queued.error());
    read();
  }

  void read() {
    link_->read([weak = weak_from_this(), link = link_](TcpLink::Code code) {
      const auto self = weak.lock();
      if (self != nullptr && self->link_ == link) self->have_read(code);
    });
  }

  void have_read(TcpLink::Code code) {
    if (code == boost::asio::error::eof) {
      const Result<> whole = reader_->end();
      if (!whole) return end(fail(whole.error().code, at() + ": " + whole.error().message));
      return answered();
    }
    if (code) {
      return end(
          fail(ErrorCode::closed, "the connection to " + at() + " broke: " + code.message()));
    }
    const boost::asio::const_buffer input = link_->input();
    const auto state = reader_->take({static_cast<const char*>(input.data()), input.size()});
    link_->consume(input.size());
    if (!state) return end(fail(state.error().code, at() + ": " + state.error().message));
    if (piece_ && reader_->has_head() && reader_->status() == 200 && !tell_piece()) return;
    if (*state == HttpResponseReader::State::complete) return answered();
    read();
  }

  // Whether the request is still under way after that.
  bool tell_piece() {
    alarm_.cancel();
    const std::string bytes = reader_->take_piece();
    const auto link = link_;
    const auto self = shared_from_this();
    const Piece tell = piece_;
    if (!bytes.empty()) tell(bytes);
    return link_ == link && done_ != nullptr;
  }

  void answered() {
    alarm_.cancel();
    HttpResponse response = reader_->response();
    if (!reader_->may_go_on()) std::exchange(link_, nullptr)->close();
    piece_ = nullptr;
    std::exchange(done_, nullptr)(std::move(response));
  }

  void end(const Error& why) {
    alarm_.cancel();
    if (link_ != nullptr) std::exchange(link_, nullptr)->close();
    piece_ = nullptr;
    if (done_) std::exchange(done_, nullptr)(why);
  }

  [[nodiscard]] std::string at() const { return call_.uri.authority(); }

  boost::asio::any_io_executor executor_;
  const HttpLineOptions options_;
  Alarm alarm_;
  HttpCall call_;
  std::string request_;
  Piece piece_;
  Done done_;  // Null: no request is under way.
  std::unique_ptr<HttpResponseReader> reader_;
  std::shared_ptr<TcpLink> link_;  // Null: there is no connection.
  std::string place_;              // Where it leads.
};

HttpLine::HttpLine(boost::asio::any_io_executor executor, HttpLineOptions options)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options))) {}

HttpLine::~HttpLine() { impl_->drop(); }

void HttpLine::ask(HttpCall call, Done done) {
  impl_->ask(std::move(call), nullptr, std::move(done));
}
void HttpLine::stream(HttpCall call, Piece piece, Done done) {
  impl_->ask(std::move(call), std::move(piece), std::move(done));
}
void HttpLine::drop() { impl_->drop(); }
bool HttpLine::is_busy() const { return impl_->is_busy(); }

}  // namespace synapse::net
