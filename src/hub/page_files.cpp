// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/page_files.hpp"

#include <algorithm>
#include <string>

#include "base/strings.hpp"

namespace synapse::hub {

namespace {

// No code but the page's own files runs, nothing is loaded from elsewhere, nothing is sent but to
// the hub, and no other page shows this one in a frame.
constexpr std::string_view policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

std::string_view content_type(std::string_view extension) {
  if (extension == ".html") return "text/html; charset=utf-8";
  if (extension == ".css") return "text/css; charset=utf-8";
  if (extension == ".svg") return "image/svg+xml";
  return "text/javascript; charset=utf-8";
}

// Whether a list such as Accept-Encoding's has the word, and not with `q=0`.
bool accepts(std::string_view list, std::string_view word) {
  for (const std::string_view part : base::split(list, ',')) {
    const std::size_t mark = part.find(';');
    if (base::to_lower(base::trim(part.substr(0, mark))) != word) continue;
    if (mark == std::string_view::npos) return true;
    const std::string_view weight = base::trim(part.substr(mark + 1));
    return weight.find_first_of("123456789") != std::string_view::npos;
  }
  return false;
}

bool names_tag(std::string_view list, std::string_view tag) {
  for (std::string_view part : base::split(list, ',')) {
    part = base::trim(part);
    if (part.starts_with("W/")) part.remove_prefix(2);
    if (part == tag || part == "*") return true;
  }
  return false;
}

const PageFile* find_file(std::string_view path) {
  if (path == "/") return &page_files().front();
  const std::string folder = "/page/" + std::string(page_version()) + "/";
  if (!path.starts_with(folder)) return nullptr;
  path.remove_prefix(folder.size());
  const auto files = page_files().subspan(1);
  const auto found =
      std::find_if(files.begin(), files.end(), [&](const PageFile& f) { return f.name == path; });
  return found == files.end() ? nullptr : &*found;
}

}  // namespace

std::optional<net::HttpResponse> page_response(const net::HttpRequest& request) {
  const std::string_view target = request.target;
  const std::string_view path = target.substr(0, target.find('?'));
  if (path != "/" && !path.starts_with("/page/")) return std::nullopt;
  if (request.method != "GET" && request.method != "HEAD") {
    return net::HttpResponse{
        405, "text/plain; charset=utf-8", "only GET\n", {{"Allow", "GET, HEAD"}}};
  }
  const PageFile* file = find_file(path);
  if (file == nullptr) return net::plain_response(404, "there is no such file; load the page anew");
  const bool is_zipped = accepts(request.header("Accept-Encoding"), "gzip");
  const bool is_page = file == &page_files().front();
  const std::string tag = "\"" + std::string(page_version()) + (is_zipped ? "-gz\"" : "\"");
  net::HttpResponse response;
  response.headers = {
      {"ETag", tag},
      {"Cache-Control", is_page ? "no-cache" : "public, max-age=31536000, immutable"},
      {"Vary", "Accept-Encoding"},
      {"Content-Security-Policy", std::string(policy)},
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", "no-referrer"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
  };
  if (names_tag(request.header("If-None-Match"), tag)) {
    response.status = 304;
    response.content_type.clear();
    return response;
  }
  response.content_type = content_type(file->extension);
  response.body = is_zipped ? file->zipped : file->text;
  if (is_zipped) response.headers.emplace_back("Content-Encoding", "gzip");
  return response;
}

}  // namespace synapse::hub
