// SPDX-License-Identifier: AGPL-3.0-or-later
// Times moments of a long log: past_bench FILE, which store_replay_bench writes. Prints how long
// the first answer takes, which reads all of it; any moment, in no order, after that; moments in
// steps of a drag; and the newest 200 events before a moment: the median and the worst of each.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <random>
#include <vector>

#include "past/answers.hpp"

using namespace synapse;

namespace {

using Milliseconds = std::chrono::duration<double, std::milli>;

template <class Ask>
double timed(const Ask& ask) {
  const auto begin = std::chrono::steady_clock::now();
  const Result<std::string> frame = ask();
  const Milliseconds took = std::chrono::steady_clock::now() - begin;
  if (!frame) std::printf("failed: %s\n", frame.error().message.c_str());
  return took.count();
}

void print(const char* what, std::vector<double> times) {
  std::sort(times.begin(), times.end());
  std::printf("%-28s median %7.1f ms, 99 %% %7.1f ms, worst %7.1f ms\n", what,
              times[times.size() / 2], times[times.size() * 99 / 100], times.back());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  Result<store::LogReader> log = store::LogReader::open(argv[1]);
  if (!log) return 1;
  past::Answers answers(*std::move(log), "syn-1", [] { return true; });
  const past::Answers::Asker asker{AgentName("self"), 256UL << 10U, 4e9};
  const auto at = [&](std::int64_t seq) {
    wire::AtRequest request;
    request.seq = seq;
    return timed([&] { return answers.at(request, asker); });
  };
  constexpr std::int64_t last = 1'000'000;
  std::printf("the first answer: %.0f ms\n", at(last));
  std::mt19937_64 random(1);
  const auto draw = [&random] { return static_cast<std::int64_t>(1 + random() % last); };
  std::vector<double> any;
  for (int i = 0; i < 200; ++i) any.push_back(at(draw()));
  print("any moment", any);
  // Of a scrubber of 1,000 pixels over 100,000 events, back and forth.
  std::vector<double> forth;
  std::vector<double> back;
  for (std::int64_t seq = 400'000; seq < 440'000; seq += 100) forth.push_back(at(seq));
  for (std::int64_t seq = 440'000; seq > 400'000; seq -= 100) back.push_back(at(seq));
  print("dragging forth", forth);
  print("dragging back", back);
  std::vector<double> newest;
  for (int i = 0; i < 50; ++i) {
    wire::EventsRequest request;
    request.which = wire::EventsRequest::Which::newest;
    request.until = static_cast<double>(draw());
    newest.push_back(timed([&] { return answers.events(request, asker); }));
  }
  print("the newest 200 events", newest);
  return 0;
}
