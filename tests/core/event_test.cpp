// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/event.hpp"

#include "support/catch.hpp"

namespace {

using namespace synapse::core;

template <class Enum, class Parse>
void check_words(std::initializer_list<std::pair<Enum, std::string_view>> words, Parse parse) {
  for (const auto& [value, text] : words) {
    INFO(text);
    CHECK(word(value) == text);
    CHECK(parse(text) == value);
  }
  for (const char* none : {"", "Open", "claimed ", "nothing"}) CHECK_FALSE(parse(none));
}

}  // namespace

TEST_CASE("a change of owner, plan or findings is synced, talk is written", "[core][event]") {
  for (const Event& event :
       {Event(LeaseGranted{}), Event(LeaseRenewed{}), Event(TaskUpdated{}),
        Event(CheckpointSaved{}), Event(LeaseHandedOff{}), Event(LeaseReleased{}),
        Event(LeaseExpired{}), Event(PlanTaskDeclared{}), Event(PlanTaskUpdated{}),
        Event(PlanTaskForgotten{}), Event(FindingRecorded{}), Event(AnswerRemembered{}),
        Event(OperatorActed{})}) {
    CHECK(durability(event) == Durability::synced);
  }
  for (const Event& event : {Event(ProgressPosted{}), Event(ResourceOffered{}), Event(ChatPosted{}),
                             Event(RecallLogged{}), Event(AgentSeen{}), Event(UnclaimedWrite{})}) {
    CHECK(durability(event) == Durability::written);
  }
}

TEST_CASE("presence, cards and waits are not logged", "[core][event]") {
  for (const Event& event :
       {Event(AgentJoined{}), Event(AgentLeft{}), Event(OfferLapsed{}), Event(CardAdvertised{}),
        Event(CardLapsed{}), Event(WaitStarted{}), Event(ClaimQueued{}), Event(ClaimUnqueued{})}) {
    CHECK(durability(event) == Durability::none);
  }
}

TEST_CASE("the words of the protocol are read and written alike", "[core][model]") {
  check_words<LeaseStatus>({{LeaseStatus::claimed, "claimed"},
                            {LeaseStatus::working, "working"},
                            {LeaseStatus::input_required, "input_required"},
                            {LeaseStatus::done, "done"},
                            {LeaseStatus::failed, "failed"}},
                           lease_status);
  check_words<PlanStatus>({{PlanStatus::open, "open"},
                           {PlanStatus::in_progress, "in_progress"},
                           {PlanStatus::blocked, "blocked"},
                           {PlanStatus::done, "done"},
                           {PlanStatus::cancelled, "cancelled"}},
                          plan_status);
  check_words<ProgressKind>({{ProgressKind::note, "note"},
                             {ProgressKind::blocked, "blocked"},
                             {ProgressKind::assessment, "assessment"}},
                            progress_kind);
}
