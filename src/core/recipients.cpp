// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/recipients.hpp"

#include <algorithm>
#include <vector>

#include "base/glob.hpp"
#include "base/strings.hpp"
#include "core/seats.hpp"

namespace synapse::core {

namespace {

// A look at one known name, beside what its comparison costs.
constexpr std::size_t name_steps = 10;

bool is_known_project(const Presence& presence, const AgentName& name) {
  const auto& known = presence.last_seen();
  const std::string prefix = name.text + '/';
  const auto first = known.lower_bound(AgentName(prefix));
  return first != known.end() && first->first.text.starts_with(prefix);
}

class RecipientSearch {
 public:
  RecipientSearch(const AgentName& sender, const Presence& presence, const Limits& limits,
                  double now, Effort& effort)
      : sender_(mailbox_of(sender)),
        presence_(presence),
        earliest_(now - static_cast<double>(limits.recently.count())),
        effort_(effort) {}

  void add_part(std::string_view part) {
    if (part.empty() || part == "all") return;
    if (part.find_first_of("*?[") == std::string_view::npos) {
      add_name(mailbox_of(AgentName(part)));
    } else {
      add_matches(part);
    }
  }
  [[nodiscard]] std::set<AgentName> take() { return std::move(found_); }

 private:
  void add_name(AgentName name) {
    if (Seats::is_drawn(name)) return;
    const bool is_known = last_sighting(presence_, name).has_value();
    if (!is_known && (!Seats::is_bindable(name) || is_known_project(presence_, name))) return;
    found_.insert(std::move(name));
  }

  void add_matches(std::string_view pattern) {
    for (const auto& [known, seen] : presence_.last_seen()) {
      effort_.take(name_steps);
      if (effort_.is_spent()) return;
      if (seen < earliest_ && !presence_.is_online(known)) continue;
      if (Seats::is_drawn(known)) continue;
      AgentName name = mailbox_of(known);
      if (name == sender_) continue;
      effort_.take(2 * pattern.size() * name.text.size());
      if (base::glob_match(pattern, name.text)) found_.insert(std::move(name));
    }
  }

  const AgentName sender_;
  const Presence& presence_;
  const double earliest_;
  Effort& effort_;
  std::set<AgentName> found_;
};

// The number of characters to change, up to `most`; beyond it, more than that.
std::size_t distance(std::string_view a, std::string_view b, std::size_t most) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > most) return most + 1;
  std::vector<std::size_t> row(a.size() + 1);
  for (std::size_t i = 0; i <= a.size(); ++i) row[i] = i;
  for (std::size_t j = 1; j <= b.size(); ++j) {
    std::size_t diagonal = std::exchange(row[0], j);
    std::size_t least = row[0];
    for (std::size_t i = 1; i <= a.size(); ++i) {
      const std::size_t swapped = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[i];
      row[i] = std::min({swapped, row[i] + 1, row[i - 1] + 1});
      least = std::min(least, row[i]);
    }
    if (least > most) return most + 1;
  }
  return row[a.size()];
}

}  // namespace

AgentName mailbox_of(const AgentName& name) {
  for (const std::string_view suffix : mailbox_suffixes) {
    const bool has_it = !suffix.empty() && name.text.size() > suffix.size() &&
                        std::string_view(name.text).ends_with(suffix);
    if (has_it) return AgentName(name.text.substr(0, name.text.size() - suffix.size()));
  }
  return name;
}

std::optional<double> last_sighting(const Presence& presence, const AgentName& mailbox) {
  std::optional<double> last;
  for (const std::string_view suffix : mailbox_suffixes) {
    const auto seen = presence.last_seen().find(AgentName(mailbox.text + std::string(suffix)));
    if (seen == presence.last_seen().end()) continue;
    last = std::max(last.value_or(seen->second), seen->second);
  }
  return last;
}

bool is_present(const Presence& presence, const AgentName& mailbox) {
  return std::any_of(std::begin(mailbox_suffixes), std::end(mailbox_suffixes),
                     [&](std::string_view suffix) {
                       return presence.is_online(AgentName(mailbox.text + std::string(suffix)));
                     });
}

Recipients find_recipients(std::string_view target, const AgentName& sender,
                           const Presence& presence, const Limits& limits, double now,
                           Effort& effort) {
  Recipients found;
  if (target.empty() || target == "all") return found;
  RecipientSearch search(sender, presence, limits, now, effort);
  for (const std::string_view part : base::split(target, ',')) search.add_part(base::trim(part));
  found.names = search.take();
  found.are_too_many = effort.is_spent() || found.names.size() > limits.recipients_max;
  if (found.are_too_many) found.names.clear();
  return found;
}

namespace {

// `bob` of `shop/bob`.
std::string_view last_part(const AgentName& name) {
  const std::size_t slash = name.text.rfind('/');
  return std::string_view(name.text).substr(slash == std::string::npos ? 0 : slash + 1);
}

}  // namespace

std::optional<AgentName> nearest_name(const AgentName& name, const Presence& presence,
                                      Effort& effort) {
  constexpr std::size_t changes_max = 3;
  const std::size_t most = std::clamp<std::size_t>(name.text.size() / 4, 1, changes_max);
  std::optional<AgentName> nearest;
  std::size_t least = most + 1;
  for (const auto& [known, seen] : presence.last_seen()) {
    effort.take(name_steps);
    if (effort.is_spent()) break;
    if (Seats::is_drawn(known)) continue;
    const AgentName candidate = mailbox_of(known);
    // Nearer than any that is spelled otherwise: the project was left out, or is another.
    if (least > 1 && last_part(candidate) == last_part(name) && candidate != name) {
      least = 1;
      nearest = candidate;
      continue;
    }
    const std::size_t longer = std::max(candidate.text.size(), name.text.size());
    const std::size_t shorter = std::min(candidate.text.size(), name.text.size());
    if (longer - shorter > most) continue;
    effort.take(2 * longer * shorter);
    const std::size_t changes = distance(name.text, candidate.text, most);
    if (changes >= least) continue;
    least = changes;
    nearest = candidate;
  }
  return nearest;
}

}  // namespace synapse::core
