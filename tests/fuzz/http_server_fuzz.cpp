// SPDX-License-Identifier: AGPL-3.0-or-later
// The bytes of an HTTP client: the first says in what pieces the rest comes. Whatever they are, the
// requests made of them are bounded and the same however the bytes are cut.
#include <algorithm>
#include <vector>

#include "base/assert.hpp"
#include "net/http_server_codec.hpp"

using namespace synapse;
using State = net::HttpRequestReader::State;

namespace {

constexpr net::HttpRequestReader::Limits limits{1024, 2048};

struct Heard {
  std::vector<net::HttpRequestReader::Received> requests;
  State end = State::idle;
  unsigned refused_with = 0;
};

void check(const net::HttpRequestReader::Received& received) {
  SYNAPSE_ASSERT(net::is_http_token(received.request.method));
  SYNAPSE_ASSERT(received.request.body.size() <= limits.body_bytes_max);
  for (const auto& [name, value] : received.request.headers) {
    SYNAPSE_ASSERT(net::is_http_token(name) && net::is_header_value(value));
  }
  std::string out;
  const net::HttpResponse echo{200, "a/b", received.request.body, received.request.headers};
  SYNAPSE_ASSERT(net::append_http_answer(out, echo, received.form).has_value());
}

Heard read(std::string_view bytes, std::size_t piece) {
  net::HttpRequestReader reader(limits);
  Heard heard;
  for (std::size_t at = 0; at < bytes.size() && heard.end != State::refused; at += piece) {
    reader.append(bytes.substr(at, piece));
    while ((heard.end = reader.advance()) == State::complete) {
      heard.requests.push_back(reader.take());
      check(heard.requests.back());
    }
    static_cast<void>(reader.take_wish_to_continue());
    SYNAPSE_ASSERT(reader.unread_bytes() <= net::HttpBodyReader::line_bytes_max + piece);
  }
  heard.refused_with = reader.refusal().status;
  return heard;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > 32'768) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Heard whole = read(bytes, bytes.size());
  const Heard pieces = read(bytes, std::max<std::size_t>(data[0], 1));
  SYNAPSE_ASSERT(whole.end == pieces.end && whole.refused_with == pieces.refused_with);
  SYNAPSE_ASSERT(whole.requests.size() == pieces.requests.size());
  for (std::size_t i = 0; i < whole.requests.size(); ++i) {
    const net::HttpRequest& one = whole.requests[i].request;
    const net::HttpRequest& other = pieces.requests[i].request;
    SYNAPSE_ASSERT(one.method == other.method && one.target == other.target);
    SYNAPSE_ASSERT(one.headers == other.headers && one.body == other.body);
  }
  return 0;
}
