// SPDX-License-Identifier: AGPL-3.0-or-later
#include "report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <ostream>

namespace synapse::bench {
namespace {

enum class Bound : std::uint8_t { at_most, at_least };

struct Goal {
  std::string_view scenario;
  std::string_view figure;
  Bound bound;
  double value;
};

// Stated for one core for the hub, one for the load, medians of five runs, the default sizes.
constexpr Goal goals[] = {
    {"claim-latency", "grant-p50", Bound::at_most, 70},
    {"claim-latency-db", "grant-p50-less-fsync", Bound::at_most, 150},
    {"claim-broadcast", "changes", Bound::at_least, 5000},
    {"claim-broadcast", "hub-cpu-per-delivery", Bound::at_most, 3},
    {"claim-broadcast-db", "changes", Bound::at_least, 8000},
    {"chat-fanout", "deliveries", Bound::at_least, 400'000},
    {"chat-fanout", "hub-cpu-per-delivery", Bound::at_most, 2.5},
    {"claim-under-load", "ratio", Bound::at_most, 1.2},
    {"claim-queued", "ratio", Bound::at_most, 1.2},
    {"claim-queued", "enqueue-ratio", Bound::at_most, 1.2},
    {"join", "wall", Bound::at_most, 8},
    {"join", "hub-cpu", Bound::at_most, 4},
    {"idle", "rss", Bound::at_most, 40},
    {"idle-empty", "rss", Bound::at_most, 10},
    {"replay", "wall", Bound::at_most, 2},
    {"replay", "peak-rss", Bound::at_most, 150},
    {"command", "wall", Bound::at_most, 10},
    {"peers-synced-16", "rate-ratio", Bound::at_least, 1},
    {"peers-synced-16", "cpu-ratio", Bound::at_most, 1.4},
    {"peers-synced-64", "rate-ratio", Bound::at_least, 1},
    {"peers-synced-64", "cpu-ratio", Bound::at_most, 1.4},
    {"peers-synced-64", "instructions", Bound::at_most, 36'000},
    {"peers-unsynced-64", "rate-ratio", Bound::at_least, 0.8},
    {"peers-unsynced-64", "cpu-ratio", Bound::at_most, 1.4},
    {"peers-unsynced-64", "instructions", Bound::at_most, 30'000},
    {"peers-lone", "p50-ratio", Bound::at_most, 1.35},
    {"peers-lone", "system-calls", Bound::at_most, 3},
    {"cluster", "grant-per-fdatasync", Bound::at_most, 6},
    {"cluster", "rate-ratio", Bound::at_least, 0.4},
    {"cluster", "failover", Bound::at_most, 3},
    {"cluster", "join", Bound::at_most, 5},
};

const Goal* goal_of(std::string_view scenario, std::string_view figure) {
  const auto* found = std::find_if(std::begin(goals), std::end(goals), [&](const Goal& goal) {
    return goal.scenario == scenario && goal.figure == figure;
  });
  return found == std::end(goals) ? nullptr : found;
}

bool is_met(const Goal& goal, double value) {
  switch (goal.bound) {
    case Bound::at_most:
      return value <= goal.value;
    case Bound::at_least:
      return value >= goal.value;
  }
  return false;
}

std::string number(double value) {
  std::array<char, 64> text{};
  const int digits = std::abs(value) >= 1000 ? 0 : std::abs(value) >= 100 ? 1 : 3;
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

std::string goal_text(const Goal* goal, double value) {
  if (goal == nullptr) return "";
  const char* const sign = goal->bound == Bound::at_most ? "<= " : ">= ";
  return sign + number(goal->value) + (is_met(*goal, value) ? "  met" : "  MISSED");
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char byte : text) {
    if (byte == '"' || byte == '\\') out += '\\';
    out += static_cast<unsigned char>(byte) < 0x20 ? ' ' : byte;
  }
  return out + "\"";
}

std::string json_number(double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.9g", value);
  return text.data();
}

void print_row(std::ostream& out, const std::array<std::string, 7>& cells) {
  std::array<char, 256> line{};
  std::snprintf(line.data(), line.size(), "%-19s %-22s %12s %12s %12s  %-5s %s", cells[0].c_str(),
                cells[1].c_str(), cells[2].c_str(), cells[3].c_str(), cells[4].c_str(),
                cells[5].c_str(), cells[6].c_str());
  std::string text = line.data();
  text.erase(text.find_last_not_of(' ') + 1);
  out << text << '\n';
}

}  // namespace

double quantile(std::vector<double> values, double share) {
  const auto rank = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + rank, values.end());
  return values[static_cast<std::size_t>(rank)];
}

double median(std::vector<double> values) { return quantile(std::move(values), 0.5); }

void Report::add(std::string_view scenario, const Figures& figures) {
  for (const Figure& figure : figures) {
    auto found = std::find_if(series_.begin(), series_.end(), [&](const Series& series) {
      return series.scenario == scenario && series.name == figure.name;
    });
    if (found == series_.end()) {
      found = series_.insert(found, Series{std::string(scenario), figure.name, figure.unit, {}});
    }
    found->values.push_back(figure.value);
  }
}

void Report::print_header(std::ostream& out) const {
  print_row(out, {"scenario", "figure", "median", "min", "max", "unit", "goal"});
  out.flush();
}

void Report::print_scenario(std::ostream& out, std::string_view scenario) const {
  for (const Series& series : series_) {
    if (series.scenario != scenario) continue;
    const double middle = median(series.values);
    print_row(out,
              {series.scenario, series.name, number(middle), number(quantile(series.values, 0)),
               number(quantile(series.values, 1)), series.unit,
               goal_text(goals_ == Goals::shown ? goal_of(series.scenario, series.name) : nullptr,
                         middle)});
  }
  out.flush();
}

void Report::print_json(std::ostream& out, std::string_view hub) const {
  out << "{\"hub\":" << quoted(hub) << ",\"figures\":[";
  const char* separator = "\n";
  for (const Series& series : series_) {
    const double middle = median(series.values);
    out << separator << "{\"scenario\":" << quoted(series.scenario)
        << ",\"figure\":" << quoted(series.name) << ",\"unit\":" << quoted(series.unit)
        << ",\"median\":" << json_number(middle);
    const Goal* const goal = goal_of(series.scenario, series.name);
    if (goal != nullptr && goals_ == Goals::shown) {
      out << ",\"goal\":" << json_number(goal->value)
          << ",\"met\":" << (is_met(*goal, middle) ? "true" : "false");
    }
    out << ",\"runs\":[";
    for (std::size_t i = 0; i < series.values.size(); ++i) {
      out << (i == 0 ? "" : ",") << json_number(series.values[i]);
    }
    out << "]}";
    separator = ",\n";
  }
  out << "\n]}\n";
}

}  // namespace synapse::bench
