// SPDX-License-Identifier: AGPL-3.0-or-later
// The bytes of a model server: the first says in what pieces the rest comes. Whatever they are,
// what is made of them is bounded, valid, and holds nothing of the key.
#include <algorithm>
#include <optional>

#include "base/assert.hpp"
#include "base/control.hpp"
#include "base/utf8.hpp"
#include "net/http_client_codec.hpp"
#include "workers/model_codec.hpp"
#include "workers/one_line.hpp"

using namespace synapse;

namespace {

constexpr std::size_t body_bytes_max = 4096;
constexpr const char* key = "sk-abcdefgh12345678";

std::optional<net::HttpResponse> read(std::string_view bytes, std::size_t piece) {
  net::HttpResponseReader reader(body_bytes_max);
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const auto state = reader.take(bytes.substr(at, piece));
    if (!state) return std::nullopt;
    if (*state == net::HttpResponseReader::State::complete) return reader.response();
  }
  if (!reader.end()) return std::nullopt;
  return reader.response();
}

void check_text(const std::string& text) {
  SYNAPSE_ASSERT(base::is_valid_utf8(text));
  SYNAPSE_ASSERT(text.find("abcdefgh") == std::string::npos);
  const std::string line = workers::one_line(text, 420);
  SYNAPSE_ASSERT(base::is_valid_utf8(line) && !base::has_control(line));
  SYNAPSE_ASSERT(base::code_points(line).size() <= 420);
  SYNAPSE_ASSERT(workers::one_line(line, 420) == line);
}

void check_answer(const workers::ModelAnswer& answer) {
  const Result<std::string> said = workers::completion_of(answer, key);
  check_text(said ? *said : said.error().message);
  const auto models = workers::models_of(answer);
  if (!models) return;
  for (const std::string& model : *models) {
    SYNAPSE_ASSERT(!model.empty() && !base::has_control(model));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1 || size > 16'384) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t piece = std::max<std::size_t>(data[0], 1);
  check_answer({200, "application/json", "", bytes});
  check_answer({data[0] * 4U, "", bytes, bytes});
  const std::optional<net::HttpResponse> whole = read(bytes, bytes.size() + 1);
  const std::optional<net::HttpResponse> pieces = read(bytes, piece);
  SYNAPSE_ASSERT(whole.has_value() == pieces.has_value());
  if (!whole) return 0;
  SYNAPSE_ASSERT(whole->body == pieces->body && whole->status == pieces->status);
  SYNAPSE_ASSERT(whole->body.size() <= body_bytes_max);
  check_answer({whole->status, whole->content_type, whole->header("Retry-After"), whole->body});
  return 0;
}
