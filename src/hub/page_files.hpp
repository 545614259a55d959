// SPDX-License-Identifier: AGPL-3.0-or-later
// The page that the hub serves at GET /, and its files, which cmake/embed_page.cmake puts into the
// program from src/page/. Nothing in them is secret: whoever may connect asks for the state itself
// over a WebSocket, where the token is asked for.
//
// All but the page itself are addressed as /page/DIGEST/NAME, by a digest of them all, so a browser
// keeps them for ever and never mixes two versions.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "net/http_message.hpp"

namespace synapse::hub {

struct PageFile {
  std::string_view name;
  std::string_view extension;  // With the dot.
  std::string_view text;
  std::string_view zipped;
};

// The first is the page itself.
[[nodiscard]] std::span<const PageFile> page_files();
[[nodiscard]] std::string_view page_version();

// The answer to a request for the page or one of its files; nothing: it is for something else.
[[nodiscard]] std::optional<net::HttpResponse> page_response(const net::HttpRequest& request);

}  // namespace synapse::hub
