// SPDX-License-Identifier: AGPL-3.0-or-later
#include "samples.hpp"

#include <sstream>
#include <stdexcept>

#include "wire/json_writer.hpp"
#include "wire/records.hpp"

namespace synapse::test {

base::Moment moment(double seconds) {
  return {1700000000.0 + seconds, base::from_seconds(1000 + seconds)};
}

core::Lease sample_lease() {
  core::Lease lease;
  lease.task_id = TaskId("T1");
  lease.owner = AgentName("proj/A");
  lease.note = "tabs\tquotes\" and \xC3\xA9";
  lease.claimed_at = 1700000000.25;
  lease.expires_at = 1700003600.25;
  lease.deadline = base::from_seconds(4600.25);
  lease.status = core::LeaseStatus::input_required;
  lease.data_ref = "mem:1";
  lease.worktree = "/w";
  lease.coverage = core::Coverage::none;
  lease.paths = {"src/a.cpp", "docs/**"};
  lease.epoch = Epoch{7};
  lease.version = Version{3};
  lease.checkpoint = "half way";
  lease.git = core::GitContext{"feature", "dev", "commit", "/repo/.git"};
  return lease;
}

core::Finding sample_finding() {
  core::Finding finding;
  finding.statement = "it is so";
  finding.subkind = "lesson";
  finding.evidence_kind = "measured";
  finding.claim_status = "bounded-support";
  finding.freshness = "verified-at-source";
  finding.evidence_ref = "f:1";
  finding.provenance = core::Finding::Provenance{"p", "proj/A", "s", 3, 1700000000.5};
  finding.validity = core::Finding::Validity{1700000000.0, 1700000060.0};
  finding.lifecycle = "active";
  finding.supersedes = "older";
  finding.verified_at_source = {true, "ref", "proj/A", 1700000000.5};
  finding.producer_confidence = 0.75;
  finding.execution_substrate = "ci";
  finding.entities = {"e1", "e2"};
  finding.tags = {"t"};
  return finding;
}

std::vector<core::Event> logged_events() {
  using namespace core;
  const Lease lease = sample_lease();
  const PlanTask task{TaskId("P"),         "title", "text", {TaskId("Q"), TaskId("R")},
                      PlanStatus::blocked, "B",     "A",    1700000000.0,
                      1700000001.5};
  return {LeaseGranted{lease},
          LeaseExtended{lease, {"b"}},
          LeaseNarrowed{lease, {"z"}},
          LeaseRenewed{lease},
          TaskUpdated{lease},
          CheckpointSaved{lease},
          LeaseHandedOff{lease, AgentName("proj/Z")},
          LeaseReleased{TaskId("T1"), AgentName("proj/A")},
          LeaseExpired{TaskId("T1"), AgentName("proj/A"), Epoch{7}, "half way"},
          PlanTaskDeclared{task},
          PlanTaskUpdated{task},
          PlanTaskForgotten{task.task_id},
          ProgressPosted{{TaskId("P"), "A", ProgressKind::assessment, "fine", 1700000002.0}},
          ResourceOffered{{AgentName("A"),
                           "gpu",
                           "card-1",
                           4,
                           {R"({"deep":[1,{"x":null}]})"},
                           1700000003.0,
                           base::from_seconds(1303)}},
          ChatPosted{{MessageId{12}, AgentName("A"), "B",
                      R"({"payload":"hi","sender":"A","target":"B"})", 1700000004.5, "syn-1"}},
          FindingRecorded{sample_finding(), "accept", {}},
          RecallLogged{{"q", {"c1", "c2"}, true, false, AgentName("A"), 1700000005.0}},
          AnswerRemembered{"key", AgentName("A"), "claim", "digest",
                           R"({"type":"claim_granted","n":1.50})"},
          AgentSeen{AgentName("A"), 1700000006.0},
          UnclaimedWrite{AgentName("A"), AgentName("B"), TaskId("T"), "/w", "a.c", 1700000007.0},
          OperatorActed{AgentName("operator:ann/0a1b"), "handoff", AgentName("proj/A"),
                        TaskId("T1"), AgentName("proj/B"), "yours"}};
}

std::vector<core::Event> unlogged_events() {
  using namespace core;
  return {AgentJoined{AgentName("A")},
          AgentLeft{AgentName("A")},
          OfferLapsed{AgentName("A"), "gpu", "card-1"},
          CardAdvertised{{AgentName("A"), "", {}, {}, "", {}, 0, Mono(0)}},
          CardLapsed{AgentName("A")},
          WaitStarted{AgentName("A"), TaskId("T"), AgentName("B")},
          ClaimQueued{AgentName("A"), {}, 1, Mono::max(), AgentName("B"), 1},
          ClaimUnqueued{AgentName("A"), TaskId("T"), ErrorCode::cancelled}};
}

std::string dump(const core::Machine& machine) {
  std::ostringstream out;
  const auto json = [](const auto& value) {
    wire::JsonWriter writer;
    wire::write(writer, value);
    return writer.take();
  };
  for (const auto& [id, lease] : machine.leases().all()) {
    out << "lease " << json(lease) << " until " << lease.deadline.count() << '\n';
  }
  out << "epoch " << machine.leases().last_epoch().value << '\n';
  for (const auto& [id, text] : machine.leases().kept_checkpoints()) {
    out << "kept " << id.text << ' ' << text << '\n';
  }
  for (const auto& [id, task] : machine.plan().tasks()) out << "task " << json(task) << '\n';
  for (const auto& note : machine.plan().progress()) out << "note " << json(note) << '\n';
  for (const auto& [key, offer] : machine.offers().all()) {
    out << "offer " << offer.agent.text << ':' << offer.kind << ':' << offer.name << ' '
        << offer.capacity << ' ' << offer.meta.text << ' ' << std::to_string(offer.offered_at)
        << " until " << offer.deadline.count() << '\n';
  }
  for (const auto& chat : machine.history().messages()) {
    out << "chat " << wire::chat_frame(chat) << " from " << chat.sender.text << " to "
        << chat.target << '\n';
  }
  out << "last chat " << machine.history().last_id().value << '\n';
  for (const auto& [place, answer] : machine.answers().all()) {
    out << "answer " << answer.key << ' ' << answer.sender.text << ' ' << answer.type << ' '
        << answer.digest << ' ' << answer.response << '\n';
  }
  const core::SavedMailroom mail = machine.mail().save();
  for (const auto* mails : {&mail.live, &mail.dead, &mail.ended}) {
    for (const core::SavedMailroom::Mail& one : *mails) {
      out << "mail " << one.id.value << ' ' << one.sender.text << ' ' << one.body << ' '
          << one.thread << ' ' << one.bytes;
      for (const core::SavedMailroom::Copy& copy : one.copies) {
        out << ", " << copy.agent.text << ' ' << word(copy.state) << ' ' << word(copy.why) << ' '
            << copy.is_given_out << copy.is_told_of << copy.is_no_letter << copy.seen_by_sender
            << copy.seen_by_operator << ' ' << copy.answer.value;
      }
      out << '\n';
    }
    out << "--\n";
  }
  for (const AgentName& agent : mail.not_reading) out << "reads nothing " << agent.text << '\n';
  return out.str();
}

store::Entry entry(std::string kind, std::string payload, core::Durability durability) {
  return {1700000000.5, std::move(kind), std::move(payload), durability};
}

std::vector<store::Entry> numbered(int first, int count, core::Durability durability) {
  std::vector<store::Entry> entries;
  for (int n = first; n < first + count; ++n) {
    entries.push_back(entry("test", "{\"n\":" + std::to_string(n) + "}", durability));
  }
  return entries;
}

std::unique_ptr<store::SqliteStore> open_store(const std::filesystem::path& file) {
  auto log = store::SqliteStore::open(file);
  if (!log) throw std::runtime_error(log.error().message);
  return std::move(*log);
}

std::vector<StoredRecord> records_of(store::EventStore& store) {
  std::vector<StoredRecord> records;
  const Result<> read = store.read([&](const store::RecordView& record) {
    records.push_back({record.seq, record.ts, std::string(record.kind), std::string(record.payload),
                       record.table});
    return true;
  });
  if (!read) throw std::runtime_error("the log can't be read: " + read.error().message);
  return records;
}

std::vector<std::string> payloads_of(store::EventStore& store) {
  std::vector<std::string> payloads;
  for (StoredRecord& record : records_of(store)) payloads.push_back(std::move(record.payload));
  return payloads;
}

}  // namespace synapse::test
