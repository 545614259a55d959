// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/http_message.hpp"

#include "base/strings.hpp"

namespace synapse::net {

std::string_view find_header(const HttpHeaders& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (key.size() == name.size() && base::to_lower(key) == base::to_lower(name)) return value;
  }
  return {};
}

HttpResponse plain_response(unsigned status, std::string_view line) {
  HttpResponse response;
  response.status = status;
  response.body.append(line).append("\n");
  return response;
}

}  // namespace synapse::net
