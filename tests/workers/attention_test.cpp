// SPDX-License-Identifier: AGPL-3.0-or-later
#include "workers/attention.hpp"

#include <string>

#include "support/catch.hpp"

using namespace synapse::workers;

namespace {

Attention heard(std::string_view sender, std::string_view target, std::string_view payload,
                Speaker speaker = Speaker::agent) {
  return attention_to({sender, target, payload, speaker}, "FAST");
}

}  // namespace

TEST_CASE("a worker answers who targets it, alone or among others", "[workers][attention]") {
  CHECK(heard("A", "FAST", "hello") == Attention::answer);
  CHECK(heard("A", "B,FAST", "hello") == Attention::answer);
  CHECK(heard("A", "B", "hello") == Attention::remember);
  CHECK(heard("A", "all", "hello") == Attention::remember);
}

TEST_CASE("a worker answers who names it as a word", "[workers][attention]") {
  CHECK(heard("A", "all", "what does fast say?") == Attention::answer);
  CHECK(heard("A", "B", "@FAST: look") == Attention::answer);
  CHECK(heard("A", "all", "breakfast at nine") == Attention::remember);
  CHECK(heard("A", "all", "fast-forward") == Attention::remember);
  CHECK(heard("A", "all", "ask shop/FAST") == Attention::remember);
  CHECK(attention_to({"A", "all", "ask shop/fast.", Speaker::agent}, "shop/FAST") ==
        Attention::answer);
}

TEST_CASE("a worker answers USER whatever it says", "[workers][attention]") {
  CHECK(heard("USER", "all", "hello") == Attention::answer);
  CHECK(heard("USERS", "all", "hello") == Attention::remember);
}

TEST_CASE("what is no talk between agents is not even remembered", "[workers][attention]") {
  CHECK(heard("FAST", "all", "FAST said") == Attention::ignore);
  CHECK(heard("SynapseHub", "FAST", "hello") == Attention::ignore);
  CHECK(heard("System", "FAST", "hello") == Attention::ignore);
  CHECK(heard("A_LITE", "FAST", "hello") == Attention::ignore);
  CHECK(heard("A_CORE", "FAST", "hello") == Attention::ignore);
  CHECK(heard("A_LITER", "FAST", "hello") == Attention::answer);
  for (const char* text :
       {"[ACK] FAST", "[ACK:7] FAST", " [ROUTE] FAST", "[MAIN] FAST", "", " \n"}) {
    CAPTURE(text);
    CHECK(heard("A", "FAST", text) == Attention::ignore);
  }
  CHECK(heard("A", "FAST", "the [ACK] came") == Attention::answer);
}

TEST_CASE("a worker's words to everybody are never answered, whomever they name",
          "[workers][attention]") {
  CHECK(heard("B", "all", "FAST is right", Speaker::worker) == Attention::remember);
  CHECK(heard("B", "C", "FAST is right", Speaker::worker) == Attention::remember);
  CHECK(heard("USER", "all", "hello", Speaker::worker) == Attention::remember);
  CHECK(heard("B", "FAST", "what do you say?", Speaker::worker) == Attention::answer);
}

TEST_CASE("workers get a few answers in a row, until another agent has had one",
          "[workers][attention]") {
  WorkerTurns turns;
  for (int i = 0; i < WorkerTurns::in_a_row_max; ++i) CHECK(turns.take(Speaker::worker));
  CHECK_FALSE(turns.take(Speaker::worker));
  CHECK(turns.take(Speaker::agent));
  CHECK(turns.take(Speaker::worker));
}

TEST_CASE("workers are known by their cards, until they show another", "[workers][attention]") {
  KnownWorkers known;
  known.learn("B", card_description("ollama"));
  known.learn("C", "reviews Python");
  CHECK(known.holds("B"));
  CHECK_FALSE(known.holds("C"));
  known.learn("B", "reviews Python");
  CHECK_FALSE(known.holds("B"));
}

TEST_CASE("the names of workers are bounded", "[workers][attention]") {
  KnownWorkers known;
  for (std::size_t i = 0; i <= KnownWorkers::names_max; ++i) {
    known.learn(std::to_string(i), card_description("rule"));
  }
  CHECK(known.holds(std::to_string(KnownWorkers::names_max)));
  CHECK_FALSE(known.holds("0"));
}
