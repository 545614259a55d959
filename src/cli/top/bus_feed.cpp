// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/top/bus_feed.hpp"

#include <algorithm>
#include <utility>

#include "cli/output/render.hpp"

namespace synapse::cli {

namespace {

constexpr std::chrono::seconds pause_min{1};
constexpr int pause_factor = 20;
constexpr std::size_t news_max = 64;

}  // namespace

AgentOptions BusFeed::options_for(AgentOptions observer) {
  observer.reconnect = AgentOptions::Reconnect::always;
  observer.broadcast_types = {"activity", "operator_acted"};
  observer.chat = AgentOptions::Chat::none;
  return observer;
}

BusFeed::BusFeed(const AgentOptions& options)
    : uri_(options.uri), news_(news_max), agent_(options) {
  agent_.on_frame([this](const Json& frame) {
    const std::string& type = wire::text_member(frame, "type");
    if (type != "activity") return tell({News::Kind::told, "", std::nullopt, frame});
    if (!has_happened_.exchange(true)) bell_.ring();
  });
  agent_.on_connection([this](bool connected, const Error& why) {
    tell({connected ? News::Kind::back : News::Kind::lost, why.message, std::nullopt});
  });
}

void BusFeed::tell(News news) {
  news_.put(std::move(news));
  bell_.ring();
}

void BusFeed::look(base::Moment now, OperatorDesk* desk) {
  static_cast<void>(bell_.answer());
  if (has_happened_.exchange(false)) is_stale_ = true;
  while (const std::optional<News> news = news_.take(std::chrono::nanoseconds(0))) {
    take(*news, now, desk);
  }
  if (is_stale_ && !asked_at_ && !gone_ && may_ask_at_ <= now.mono) ask(now);
}

void BusFeed::take(const News& news, base::Moment now, OperatorDesk* desk) {
  switch (news.kind) {
    case News::Kind::lost:
      gone_ = news.why;
      break;
    case News::Kind::back:
      gone_.reset();
      is_stale_ = true;
      break;
    case News::Kind::answered:
      take_answer(*news.answer, now);
      break;
    case News::Kind::told:
      if (desk != nullptr) desk->hear(news.frame, agent_.name());
      is_stale_ = true;
  }
}

void BusFeed::ask(base::Moment now) {
  is_stale_ = false;
  asked_at_ = now.mono;
  agent_.request_async({{"type", "page_request"}}, [this](Result<Reply> answer) {
    tell({News::Kind::answered, "", std::move(answer)});
  });
}

void BusFeed::take_answer(const Result<Reply>& answer, base::Moment now) {
  const base::Mono taken = asked_at_ ? now.mono - *asked_at_ : base::Mono(0);
  asked_at_.reset();
  may_ask_at_ = now.mono + std::max<base::Mono>(pause_min, pause_factor * taken);
  if (!answer || !answer->granted) {
    is_stale_ = true;
    if (answer) refused_ = refusal(*answer);
    return;
  }
  refused_.reset();
  bus_ = bus_of(*answer->frame);
  has_bus_ = true;
  hub_ahead_ = wire::number_member(*answer->frame, "timestamp") - now.wall;
}

std::optional<base::Mono> BusFeed::next_look() const {
  if (!is_stale_ || asked_at_ || gone_) return std::nullopt;
  return may_ask_at_;
}

TopLink BusFeed::link(base::Moment now) const {
  const double silence = asked_at_ ? base::to_seconds(now.mono - *asked_at_) : 0;
  if (gone_) return {uri_, gone_, silence};
  if (refused_) return {uri_, "the hub refuses to be watched: " + *refused_, silence};
  return {uri_, has_bus_ ? std::nullopt : std::optional<std::string>("nothing has come yet"),
          silence};
}

}  // namespace synapse::cli
