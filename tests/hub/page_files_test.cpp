// SPDX-License-Identifier: AGPL-3.0-or-later
// The page's files as HTTP has them.
#include "hub/page_files.hpp"

#include <set>

#include "hub/service_options.hpp"
#include "support/catch.hpp"

namespace synapse::test {

namespace {

net::HttpRequest get_page(const std::string& target, net::HttpHeaders headers = {}) {
  net::HttpRequest request;
  request.method = "GET";
  request.target = target;
  request.headers = std::move(headers);
  return request;
}

std::string address_of(std::string_view name) {
  return "/page/" + std::string(hub::page_version()) + "/" + std::string(name);
}

}  // namespace

TEST_CASE("the page names only files that are served, below a digest of them all",
          "[hub][http][page]") {
  const auto page = hub::page_response(get_page("/"));
  REQUIRE(page);
  CHECK(page->status == 200);
  CHECK(page->content_type == "text/html; charset=utf-8");
  CHECK(page->body.find("@VERSION@") == std::string::npos);
  CHECK(page->body.find(address_of("app.js")) != std::string::npos);
  CHECK(page->header("Cache-Control") == "no-cache");
  for (const hub::PageFile& file : hub::page_files().subspan(1)) {
    INFO(file.name);
    const auto answer = hub::page_response(get_page(address_of(file.name)));
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(answer->body == file.text);
    CHECK(answer->header("Cache-Control").find("immutable") != std::string::npos);
  }
  CHECK(hub::page_response(get_page("/page/0000000000000000/app.js"))->status == 404);
  CHECK(hub::page_response(get_page(address_of("../run.cpp")))->status == 404);
  CHECK_FALSE(hub::page_response(get_page("/metrics")));
  CHECK_FALSE(hub::page_response(get_page("/pages")));
}

TEST_CASE("the page's files are at most 150 KB", "[hub][page]") {
  std::size_t bytes = 0;
  for (const hub::PageFile& file : hub::page_files()) bytes += file.text.size();
  CHECK(bytes <= 150 * 1024);
}

TEST_CASE("the page runs its own files alone, and is shown in no frame", "[hub][http][page]") {
  const auto page = hub::page_response(get_page("/"));
  const std::string policy(page->header("Content-Security-Policy"));
  CHECK(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"));
  CHECK(policy.find("frame-ancestors 'none'") != std::string::npos);
  CHECK(policy.find("unsafe") == std::string::npos);
  CHECK(page->header("X-Content-Type-Options") == "nosniff");
  CHECK(page->body.find("<script>") == std::string::npos);
  CHECK(page->body.find(" style=") == std::string::npos);
}

TEST_CASE("a file is compressed for those who take that, and not sent again to those who have it",
          "[hub][http][page]") {
  const std::string target = address_of("page.css");
  const auto plain = hub::page_response(get_page(target));
  const auto zipped = hub::page_response(get_page(target, {{"Accept-Encoding", "br, gzip"}}));
  CHECK(plain->header("Content-Encoding").empty());
  CHECK(zipped->header("Content-Encoding") == "gzip");
  CHECK(zipped->body.starts_with("\x1f\x8b"));
  CHECK(zipped->body.size() < plain->body.size() / 2);
  CHECK(hub::page_response(get_page(target, {{"Accept-Encoding", "gzip;q=0"}}))->body ==
        plain->body);
  const std::string tag(plain->header("ETag"));
  CHECK(tag != zipped->header("ETag"));
  const auto again = hub::page_response(get_page(target, {{"If-None-Match", "\"x\", W/" + tag}}));
  CHECK(again->status == 304);
  CHECK(again->body.empty());
  CHECK(hub::page_response(get_page(target, {{"If-None-Match", "\"x\""}}))->status == 200);
}

TEST_CASE("the page is read, not written to", "[hub][http][page]") {
  net::HttpRequest request = get_page("/");
  request.method = "POST";
  CHECK(hub::page_response(request)->status == 405);
  request.method = "HEAD";
  CHECK(hub::page_response(request)->status == 200);
}

TEST_CASE("a hub serves its page on loopback by itself, and elsewhere with a token",
          "[hub][page][exposure]") {
  hub::RunOptions options;
  CHECK_FALSE(hub::serves_page(options));  // Inside of a program.
  options.page = hub::RunOptions::Page::automatic;
  CHECK(hub::serves_page(options));
  options.host = "0.0.0.0";
  CHECK_FALSE(hub::serves_page(options));
  options.token = "s3cret";
  CHECK(hub::serves_page(options));
  options.page = hub::RunOptions::Page::off;
  CHECK_FALSE(hub::serves_page(options));
}

}  // namespace synapse::test
