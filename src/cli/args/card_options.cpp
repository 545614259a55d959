// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/args/card_options.hpp"

#include "net/uri.hpp"

namespace synapse::cli {

void add_card_options(OptionSet& set, AgentCardOptions& options) {
  set.text({"--endpoint-url", "URL", "where clients reach the bridge, as its card says (required)"},
           options.card.endpoint_url);
  set.text({"--bridge-name", "TEXT", "the card's name"}, options.card.name);
  set.text({"--description", "TEXT", "the card's description"}, options.card.description);
  set.text({"--documentation-url", "URL", "where the card says that more is to be read"},
           options.card.documentation_url);
  set.flag("--bearer-auth", options.bearer_auth, "clients must show a token");
}

Result<a2a::CardOptions> card_options(const AgentCardOptions& options) {
  a2a::CardOptions card = options.card;
  if (card.endpoint_url.empty()) {
    return fail(ErrorCode::bad_argument,
                "--endpoint-url is required, such as --endpoint-url http://127.0.0.1:8877");
  }
  if (const Result<net::Uri> url = net::parse_http_uri(card.endpoint_url); !url) {
    return fail(ErrorCode::bad_argument, "--endpoint-url: " + url.error().message);
  }
  if (options.bearer_auth) card.auth = a2a::CardOptions::Auth::bearer;
  return card;
}

}  // namespace synapse::cli
