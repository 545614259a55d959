// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/session_ids.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <random>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "base/constant_time.hpp"
#include "base/hex.hpp"
#include "base/strings.hpp"

namespace synapse::mcp {

namespace {

constexpr std::size_t id_parts = 4;
constexpr std::size_t signature_bytes = 16;

}  // namespace

std::string random_hex(std::size_t bytes) {
  std::random_device device;
  std::vector<unsigned char> drawn(bytes);
  for (unsigned char& byte : drawn) byte = static_cast<unsigned char>(device() & 0xFFU);
  return base::hex_of(drawn.data(), drawn.size());
}

SessionIds::SessionIds(std::string key, std::string place)
    : key_(key.empty() ? random_hex(32) : std::move(key)),
      place_(std::move(place)),
      run_(random_hex(8)) {}

std::string SessionIds::draw(const Revision& revision) const {
  const std::string signed_part = std::string(revision.name) + '.' + run_ + '.' + random_hex(24);
  return signed_part + '.' + signature(signed_part);
}

const Revision* SessionIds::earlier(std::string_view id) const {
  const std::vector<std::string_view> parts = base::split(id, '.');
  if (parts.size() != id_parts || parts[1] == run_) return nullptr;
  const std::string_view signed_part = id.substr(0, id.size() - parts[3].size() - 1);
  if (!base::constant_time_equal(signature(signed_part), parts[3])) return nullptr;
  return find_revision(parts[0]);
}

std::string SessionIds::signature(std::string_view signed_part) const {
  const std::string text = place_ + '\n' + std::string(signed_part);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  const auto* const made = HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
                                reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                                digest.data(), &length);
  SYNAPSE_ASSERT(made != nullptr && length >= signature_bytes);
  return base::hex_of(digest.data(), signature_bytes);
}

}  // namespace synapse::mcp
