// SPDX-License-Identifier: AGPL-3.0-or-later
// Where the bridge may send a webhook. A client of the bridge names the URL, and the bridge stands
// inside of networks that the client may not reach: so nothing but the public internet is let
// through, whatever way an address is written. Pure.
//
// The rule is asked for the URL when it is given, for every address that its name resolves to, and
// for every redirect.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <string_view>

#include "base/error.hpp"
#include "net/uri.hpp"

namespace synapse::a2a {

// Errors: bad_argument: no http(s) URL, credentials in it, or a host that is refused by its name or
// as an address. What a name resolves to is not known here.
[[nodiscard]] Result<net::Uri> check_webhook_url(std::string_view url);

// Why nothing may be sent there, such as "a loopback address"; blank: it may. IPv6 addresses that
// hold an IPv4 address are judged by that as well.
[[nodiscard]] std::string_view refused_class(const boost::asio::ip::address& address);

}  // namespace synapse::a2a
