// SPDX-License-Identifier: AGPL-3.0-or-later
// From the figures of each run to what is printed: the median of the runs, with the extremes.
//
// main() adds the figures of every run and prints a scenario when it is through. The project's
// goals are listed in report.cpp and shown beside the figures they are for; a missed one is marked,
// but is no error: the same program measures hubs that never heard of them.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace synapse::bench {

struct Figure {
  std::string name;
  std::string unit;
  double value = 0;
};
using Figures = std::vector<Figure>;

// The value at rank share * (n - 1), rounded down; `values` must not be empty, `share` from 0 to 1.
double quantile(std::vector<double> values, double share);
double median(std::vector<double> values);

enum class Goals : std::uint8_t { shown, hidden };

class Report {
 public:
  explicit Report(Goals goals) : goals_(goals) {}

  // Every run of a scenario must bring the same figures in the same order.
  void add(std::string_view scenario, const Figures& figures);

  void print_header(std::ostream& out) const;
  void print_scenario(std::ostream& out, std::string_view scenario) const;
  void print_json(std::ostream& out, std::string_view hub) const;

 private:
  struct Series {
    std::string scenario;
    std::string name;
    std::string unit;
    std::vector<double> values;
  };
  Goals goals_;
  std::vector<Series> series_;
};

}  // namespace synapse::bench
