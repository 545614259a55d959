// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/engine_rig.hpp"

#include <algorithm>
#include <stdexcept>

#include "store/replay.hpp"
#include "wire/decode.hpp"

namespace synapse::test {

namespace {

constexpr const char* hub_id = "syn-00000001";

hub::EngineOptions named(hub::EngineOptions options) {
  options.hub_id = hub_id;
  return options;
}

}  // namespace

bool FakeConnection::send(const net::SharedFrame& frame, net::WrittenMark mark) {
  sent_.push_back(Json::parse(frame->payload()));
  if (mark != net::unmarked) unwritten_.push_back(mark);
  return true;
}

void FakeConnection::flush(net::Flush) { flush(); }

void FakeConnection::flush() {
  if (is_stalled_) return;
  flushed_ = sent_.size();
  for (const net::WrittenMark mark : std::exchange(unwritten_, {})) {
    if (on_written_) on_written_(mark);
  }
}

void FakeConnection::resume() {
  is_stalled_ = false;
  flush();
}

void FakeConnection::close(std::uint16_t code, std::string_view) {
  flush();  // A close comes after all that is queued.
  if (!close_code_) close_code_ = code;
}

Frames FakeConnection::take() {
  const auto from = sent_.begin() + static_cast<std::ptrdiff_t>(taken_);
  const auto to = sent_.begin() + static_cast<std::ptrdiff_t>(flushed_);
  taken_ = flushed_;
  return {from, to};
}

Frames Peer::hear(std::string_view type) {
  Frames frames = hear();
  std::erase_if(frames, [type](const Json& frame) { return frame.at("type") != type; });
  return frames;
}

std::vector<std::string> types_of(const Frames& frames) {
  std::vector<std::string> types;
  for (const Json& frame : frames) types.push_back(frame.at("type").get<std::string>());
  return types;
}

Rig::Rig(hub::EngineOptions options, Durable durable)
    : limits_(options.limits),
      engine_(named(std::move(options)), std::make_unique<core::Machine>(limits_, hub_id),
              durable == Durable::yes ? this : nullptr) {}

Peer Rig::connect(const std::string& host) {
  Peer peer;
  peer.connection = std::make_shared<FakeConnection>(host);
  peer.session = std::make_shared<hub::Session>(peer.connection);
  peer.connection->on_written([this, session = peer.session.get()](net::WrittenMark mark) {
    engine_.written(*session, MessageId{mark});
  });
  engine_.open(peer.session, clock_.now());
  settle();
  return peer;
}

Peer Rig::join(const std::string& name, const std::string& host) {
  Peer peer = connect(host);
  say(peer, {{"sender", name}, {"type", "heartbeat"}});
  commit();  // A name that is new is written down.
  peer.forget();
  return peer;
}

void Rig::resume(Peer& peer) {
  peer.connection->resume();
  settle();
}

void Rig::leave(Peer& peer, core::Parting how) {
  engine_.closed(peer.session, how, clock_.now());
  settle();
}

void Rig::say_text(Peer& peer, std::string_view text) {
  engine_.frame(peer.session, hub::hear(text), text.size(), clock_.now());
  settle();
}

Frames Rig::ask(Peer& peer, const Json& frame) {
  peer.forget();
  say(peer, frame);
  return peer.hear();
}

Json Rig::answer(Peer& peer, const Json& frame) {
  const Frames frames = ask(peer, frame);
  if (frames.empty()) throw std::runtime_error("no answer to " + frame.dump());
  return frames.back();
}

void Rig::advance(double seconds) {
  clock_.advance(seconds);
  engine_.tick(clock_.now());
  settle();
}

void Rig::commit_one() {
  const auto [turn, entries] = waiting_.front();
  waiting_.erase(waiting_.begin());
  if (!store_.append(entries)) throw std::runtime_error("the memory store refused an append");
  engine_.committed(turn);
  settle();
}

void Rig::commit() {
  while (!waiting_.empty()) commit_one();
}

std::size_t Rig::waiting_entries() const {
  std::size_t count = 0;
  for (const auto& [turn, entries] : waiting_) count += entries.size();
  return count;
}

void Rig::fail_log() {
  waiting_.clear();
  auto machine = std::make_unique<core::Machine>(limits_, hub_id);
  const auto ignore = [](std::int64_t, const Error&) {};
  if (!store::replay(store_, *machine, clock_.now(), ignore)) {
    throw std::runtime_error("the memory store can't be replayed");
  }
  engine_.log_failed(fail(ErrorCode::disk_full, "no space left"), std::move(machine), clock_.now());
  settle();
}

void Rig::submit(std::uint64_t turn, std::vector<store::Entry> entries) {
  waiting_.emplace_back(turn, std::move(entries));
}

void Rig::settle() {
  engine_.flush(clock_.now());
  // What the first has written.
  engine_.tick(clock_.now());
  engine_.flush(clock_.now());
}

}  // namespace synapse::test
