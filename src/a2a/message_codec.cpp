// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/message_codec.hpp"

#include <algorithm>
#include <utility>

namespace synapse::a2a {

namespace {

void keep(Json& kept, const Json& from, const char* name) {
  if (const Json& value = member(from, name); !value.is_null()) kept[name] = value;
}

void keep_as(Json& kept, const char* name, const Json& value) {
  if (value.is_string()) kept[name] = value;
}

// What A2A 1.0 knows of a part that was checked. A file of 0.3 becomes what it is called now.
Json known_part(const Json& part) {
  Json kept = Json::object();
  for (const char* name : {"text", "url", "raw", "filename", "mediaType"}) keep(kept, part, name);
  if (part.contains("data")) kept["data"] = part.at("data");
  if (const Json& metadata = member(part, "metadata"); metadata.is_object()) {
    kept["metadata"] = metadata;
  }
  const Json& file = member(part, "file");
  if (!file.is_object()) return kept;
  const Json& uri = member(file, "uri", "url");
  const Json& bytes = member(file, "bytes");
  const bool has_bytes = bytes.is_string() && is_base64(bytes.get_ref<const std::string&>());
  if (uri.is_string() || !has_bytes) {
    kept["url"] = uri.is_string() ? uri : Json("");
  } else {
    kept["raw"] = bytes;
  }
  keep_as(kept, "filename", member(file, "name", "filename"));
  keep_as(kept, "mediaType", member(file, "mimeType", "mediaType"));
  return kept;
}

}  // namespace

bool is_base64(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/' || c == '-' || c == '_';
  });
}

Json known_message(const Json& message) {
  Json kept = Json::object();
  for (const char* name : {"messageId", "role", "metadata", "extensions", "referenceTaskIds"}) {
    keep(kept, message, name);
  }
  Json parts = Json::array();
  for (const Json& part : message.at("parts")) parts.push_back(known_part(part));
  kept["parts"] = std::move(parts);
  return kept;
}

}  // namespace synapse::a2a
