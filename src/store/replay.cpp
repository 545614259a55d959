// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/replay.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "store/event_codec.hpp"
#include "store/latest_leases.hpp"
#include "store/lease_mending.hpp"

namespace synapse::store {

namespace {

// The newest chat records, not yet parsed: as many as the history keeps, so that whatever is pushed
// out of here would have been pushed out of there. Of those that were, the largest number lasts:
// the machine counts on from it.
class NewestChats {
 public:
  NewestChats(core::Machine& machine, const DecodeContext& context)
      : machine_(machine),
        context_(context),
        capacity_(std::max<std::size_t>(1, context.limits.history_max)) {}

  void add(MessageId id, std::string_view payload) {
    bytes_ += payload.size();
    if (chats_.size() < capacity_) {
      chats_.push_back({id, std::string(payload)});
    } else {
      Chat& oldest = chats_[oldest_];
      oldest_ = (oldest_ + 1) % capacity_;
      bytes_ -= oldest.payload.size();
      if (oldest.id > highest_.id) std::swap(oldest, highest_);
      oldest.id = id;
      oldest.payload.assign(payload);
    }
    if (bytes_ > context_.limits.history_bytes_max) flush();
  }

  void flush() {
    if (highest_.id.value != 0) apply(highest_);
    for (std::size_t i = 0; i < chats_.size(); ++i) apply(chats_[(oldest_ + i) % chats_.size()]);
    chats_.clear();
    oldest_ = 0;
    highest_ = {};
    bytes_ = 0;
  }

 private:
  struct Chat {
    MessageId id;
    std::string payload;
  };

  void apply(const Chat& chat) {
    Result<std::optional<core::Event>> event = decode(kind::chat, chat.payload, context_);
    SYNAPSE_ASSERT(event && *event);  // decode_chat_stamp() took it.
    core::ChatMessage& message = std::get<core::ChatPosted>(**event).message;
    const core::Mailroom::Mail* mail = machine_.mail().find(message.id);
    if (mail != nullptr && mail->body == message.body) message.body = mail->body;
    machine_.replay(**event);
  }

  core::Machine& machine_;
  const DecodeContext& context_;
  std::size_t capacity_;
  std::vector<Chat> chats_;  // A ring once it is full.
  std::size_t oldest_ = 0;
  Chat highest_;
  std::size_t bytes_ = 0;
};

}  // namespace

class Replayer::Impl {
 public:
  Impl(core::Machine& machine, base::Moment start, const OnUndecodable& on_undecodable)
      : machine_(machine),
        context_{start, machine.limits()},
        on_undecodable_(on_undecodable),
        leases_(machine),
        chats_(machine, context_) {}

  void take(const RecordView& record) {
    ++report_.records;
    report_.last_seq = record.seq;
    if (record.payload.size() > context_.limits.record_bytes_max) {
      return skip(record,
                  fail(ErrorCode::corrupt, "it has " + std::to_string(record.payload.size()) +
                                               " bytes, more than any that a hub writes"));
    }
    if (record.kind == kind::chat) return take_chat(record);
    if (record.kind == kind::mail_kept) return take_mail(record);
    if (record.kind == kind::lease_renewed) return take_renewal(record);
    if (record.kind == kind::lease_updated) return take_small_update(record);
    if (record.kind == kind::lease_extended) return take_growth(record);
    if (record.kind == kind::epochs_reserved) return take_epoch_block(record);
    if (is_witness(record.kind)) return static_cast<void>(++report_.applied);
    Result<std::optional<core::Event>> event = decode(record.kind, record.payload, context_);
    if (!event) return skip(record, event.error());
    if (!*event) {
      ++report_.unknown;
      return;
    }
    ++report_.applied;
    if (!leases_.take(**event)) machine_.replay(**event);
  }

  ReplayReport finish() {
    report_.changed = leases_.finish();
    chats_.flush();
    return report_;
  }

 private:
  void take_chat(const RecordView& record) {
    Result<core::ChatMessage> stamp = decode_chat_stamp(record.payload);
    if (!stamp) return skip(record, stamp.error());
    ++report_.applied;
    chats_.add(stamp->id, record.payload);
    last_chat_ = std::move(*stamp);
    last_payload_.assign(last_chat_.target == "all" ? std::string_view() : record.payload);
  }

  // It stands behind its chat.
  void take_mail(const RecordView& record) {
    Result<std::optional<core::Event>> event = decode(record.kind, record.payload, context_);
    if (!event) return skip(record, event.error());
    ++report_.applied;
    auto& kept = std::get<core::MailKept>(**event);
    // A compaction that was cut short has taken its chat already.
    if (kept.message.id != last_chat_.id || last_payload_.empty()) return;
    kept.message = last_chat_;
    kept.message.body = decode_chat_body(last_payload_, last_chat_);
    machine_.replay(**event);
  }

  void take_renewal(const RecordView& record) {
    const Result<Renewal> renewal = decode_renewal(record.payload, context_);
    if (!renewal) return skip(record, renewal.error());
    ++report_.applied;
    leases_.renew(*renewal);
  }

  void take_epoch_block(const RecordView& record) {
    Result<EpochBlock> block = decode_epoch_block(record.payload);
    if (!block) return skip(record, block.error());
    ++report_.applied;
    report_.reserved = *std::move(block);
  }

  void take_growth(const RecordView& record) {
    const Result<Growth> growth = decode_growth(record.payload, context_);
    if (!growth) return skip(record, growth.error());
    ++report_.applied;
    leases_.grow(*growth);
  }

  void take_small_update(const RecordView& record) {
    const Result<SmallUpdate> update = decode_small_update(record.payload);
    if (!update) return skip(record, update.error());
    ++report_.applied;
    leases_.update(*update);
  }

  void skip(const RecordView& record, const Error& why) {
    ++report_.undecodable;
    if (!on_undecodable_) return;
    on_undecodable_(record.seq, fail(why.code, std::string(record.kind) + ": " + why.message));
  }

  core::Machine& machine_;
  DecodeContext context_;
  const OnUndecodable& on_undecodable_;
  ReplayReport report_;
  LatestLeases leases_;
  NewestChats chats_;
  core::ChatMessage last_chat_;  // Without its body.
  std::string last_payload_;     // Its record, if it may have recipients.
};

Replayer::Replayer(core::Machine& machine, base::Moment start, const OnUndecodable& on_undecodable)
    : impl_(std::make_unique<Impl>(machine, start, on_undecodable)) {}

Replayer::~Replayer() = default;
void Replayer::take(const RecordView& record) { impl_->take(record); }
ReplayReport Replayer::finish() { return impl_->finish(); }

Result<ReplayReport> replay(EventStore& store, core::Machine& machine, base::Moment start,
                            const OnUndecodable& on_undecodable) {
  static const std::atomic<bool> never{false};
  return replay(store, machine, start, ReplayWatch{on_undecodable, never});
}

Result<ReplayReport> replay(EventStore& store, core::Machine& machine, base::Moment start,
                            const ReplayWatch& watch) {
  Replayer replayer(machine, start, watch.on_undecodable);
  const Result<> read = store.read([&](const RecordView& record) {
    if (watch.is_unwanted.load(std::memory_order_relaxed)) return false;
    replayer.take(record);
    return true;
  });
  if (!read) return read.error();
  if (watch.is_unwanted.load(std::memory_order_relaxed)) {
    return fail(ErrorCode::closed, "stopped while the log was read");
  }
  ReplayReport report = replayer.finish();
  report.mended = mend_leases(machine, start);
  return report;
}

}  // namespace synapse::store
