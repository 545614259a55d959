// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cluster/batch.hpp"

#include "base/fnv1a.hpp"
#include "core/archive_reader.hpp"
#include "core/archive_writer.hpp"
#include "core/entry_fields.hpp"

namespace synapse::cluster {

using core::Is;

template <class Io>
void fields(Io& io, Is<BatchHead> auto& v) {
  io(v.incarnation, v.number, v.time, v.wall);
}
template <class Io>
void fields(Io& io, Is<Hello> auto& v) {
  io(v.hub, v.url, v.version, v.rules);
}
template <class Io>
void fields(Io& io, Is<Beat> auto& v) {
  io(v.revision, v.digest);
}
template <class Io>
void fields(Io& io, Is<Gone> auto& v) {
  io(v.who);
}
template <class Io>
void fields(Io& io, Is<Config> auto& v) {
  io(v.bus, v.limits, v.origin);
}
template <class Io>
void fields(Io& io, Is<Rules> auto& v) {
  io(v.number);
}
template <class Io>
void fields(Io& io, Is<Drain> auto& v) {
  io(v.who, v.drains);
}
template <class Io>
void fields(Io& /*io*/, Is<Save> auto& /*v*/) {}

namespace {

constexpr std::string_view magic = "SYNB\x01";  // The last byte is the version.
constexpr std::size_t digest_bytes = 8;

std::string digest_of(std::string_view bytes) {
  core::ArchiveWriter writer;
  writer(static_cast<std::int64_t>(base::fnv1a(bytes)));
  return writer.take();
}

Error newer() {
  return fail(ErrorCode::unknown_kind,
              "the log has an entry of a newer version of synapse; this hub needs an upgrade");
}

}  // namespace

std::string encode(const Item& item) {
  core::ArchiveWriter writer;
  writer(item);
  return writer.take();
}

std::string encode(const BatchHead& head, const std::vector<std::string>& items) {
  core::ArchiveWriter writer;
  writer(head, items);
  std::string bytes = std::string(magic) + writer.take();
  return bytes + digest_of(bytes);
}

Result<Batch> decode(std::string_view bytes) {
  if (bytes.size() < magic.size() + digest_bytes || !bytes.starts_with(magic.substr(0, 4))) {
    return fail(ErrorCode::corrupt, "the log has something that no hub wrote");
  }
  const std::string_view body = bytes.substr(0, bytes.size() - digest_bytes);
  if (digest_of(body) != bytes.substr(body.size())) {
    return fail(ErrorCode::corrupt, "an entry of the log has been changed");
  }
  if (!bytes.starts_with(magic)) return newer();
  core::ArchiveReader reader(body.substr(magic.size()));
  Batch batch;
  std::vector<std::string> items;
  reader(batch.head, items);
  if (reader.failed() || !reader.at_end()) return newer();
  for (const std::string& bytes_of_one : items) {
    core::ArchiveReader one(bytes_of_one);
    one(batch.items.emplace_back());
    if (one.failed() || !one.at_end()) return newer();
  }
  return batch;
}

}  // namespace synapse::cluster
