// SPDX-License-Identifier: AGPL-3.0-or-later
// Reads an agent's mailbox at the hub, and what its project and everybody were told beside it.
//
// What is printed is marked as seen after the flush and not before: a reader that is killed, or
// whose pipe is closed, leaves its messages unseen, and the hub returns them marked `again`. Where
// there is no hub that keeps mailboxes, the relay file is all there is to read. What was printed by
// one of these two ways is told apart from what the other still has (ShownLines): a message that
// the mailbox has and that was read in the file comes again, marked; all else is left out.
#include <algorithm>
#include <map>
#include <ostream>

#include "base/glob.hpp"
#include "cli/client/connection.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/mail/history_place.hpp"
#include "cli/mail/mailbox.hpp"
#include "cli/mail/relay_inbox.hpp"
#include "cli/mail/shown_lines.hpp"
#include "cli/output/render.hpp"
#include "client/receipts.hpp"
#include "services/host_session.hpp"
#include "wire/addressing.hpp"

namespace synapse::cli::commands {

namespace {

struct InboxArguments {
  ConnectionOptions connection;
  InboxRequest wish;
  bool peek = false;
  bool all = false;
  bool json = false;
  std::optional<double> wait;
  std::optional<std::string> project;
  std::optional<std::string> place;        // The file of a HistoryPlace.
  std::optional<std::string> feed;         // The relay file.
  std::optional<std::string> feed_cursor;  // The file of the place in it.

  // Whoever looks for something in particular, or only looks, is no further than before.
  [[nodiscard]] bool keeps_place() const {
    return !peek && wish.from.empty() && wish.thread.empty();
  }
  // Where it is kept what was shown; only who reads both has to know.
  [[nodiscard]] std::optional<std::string> shown_file() const {
    return feed && place ? std::optional(*place + ".shown") : std::nullopt;
  }
};

// What is to be printed, in the order in which it was sent.
struct Letters {
  Mail mail;
  History history;  // Without what is in the mailbox or was.
  HistoryPlace place_before;
};

int inbox_failed(Context& context, const Error& error) {
  context.err << context.command << ": " << shown(error.message) << '\n';
  return exit_code::failed;
}

bool is_from(const std::string& sender, const InboxArguments& options) {
  return options.wish.from.empty() || base::glob_match(options.wish.from, sender);
}

// Whether the mailbox answers for that chat. A name in the target is a recipient of it; a glob
// means those that were here not long ago, so only the mailbox itself can tell.
enum class InMailbox { no, yes, maybe };
InMailbox is_mail(const Json& chat, const std::string& me) {
  constexpr std::ptrdiff_t recipients_max = 256;
  const std::string target = text_of(chat, "target");
  if (!wire::is_directed(target, me)) return InMailbox::no;
  const bool is_plain = target.find_first_of("*?[") == std::string::npos;
  const bool is_short = std::count(target.begin(), target.end(), ',') < recipients_max;
  return is_plain && is_short ? InMailbox::yes : InMailbox::maybe;
}

// Takes from the history what is not for this reader, and what the mailbox has or had.
Result<> narrow(Agent& agent, const InboxArguments& options, const std::string& me,
                History& history) {
  std::erase_if(history.chats, [&](const Json& chat) {
    const bool is_wanted =
        text_of(chat, "type") == "chat" && is_from(text_of(chat, "sender"), options) &&
        wire::addresses_project(text_of(chat, "target"), *options.project) &&
        (options.wish.thread.empty() || text_of(chat, "thread") == options.wish.thread);
    return !is_wanted || is_mail(chat, me) == InMailbox::yes;
  });
  const auto doubtful =
      std::find_if(history.chats.begin(), history.chats.end(),
                   [&](const auto& chat) { return is_mail(chat, me) == InMailbox::maybe; });
  if (doubtful == history.chats.end()) return {};
  InboxRequest wish;
  wish.since = msg_id_of(*doubtful) - 1;
  wish.what = InboxRequest::What::all;
  wish.look = InboxRequest::Look::peek;
  wish.whose = options.peek ? me : "";
  const Result<Mail> had = read_mail(agent, wish);
  if (!had) return had.error();
  std::erase_if(history.chats, [&had](const Json& chat) {
    return std::any_of(had->messages.begin(), had->messages.end(), [&chat](const Json& message) {
      return msg_id_of(message) == msg_id_of(chat);
    });
  });
  return {};
}

Result<Mail> read_mailbox(Agent& agent, const InboxArguments& options, const std::string& me) {
  InboxRequest wish = options.wish;
  if (options.all) wish.what = InboxRequest::What::all;
  if (options.peek) {
    wish.look = InboxRequest::Look::peek;
    wish.whose = me;
  }
  return read_mail(agent, wish);
}

// The mailbox again, until there is something in it or the time is up.
Result<Mail> wait_for_mail(Context& context, Agent& agent, InboxArguments options,
                           const std::string& me) {
  constexpr std::chrono::seconds wait_max(60);
  const base::Mono end = context.clock.now().mono + base::from_seconds(*options.wait);
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::seconds>(time_until(context, end));
    options.wish.wait = std::min(left, wait_max);
    Result<Mail> mail = read_mailbox(agent, options, me);
    if (!mail || !mail->messages.empty() || options.wish.wait.count() == 0) return mail;
  }
}

Result<ShownLines> load_shown(const InboxArguments& options) {
  return options.shown_file() ? ShownLines::load(*options.shown_file()) : ShownLines();
}

// Once it is out.
Result<> keep_shown(const InboxArguments& options, const ShownLines& shown) {
  if (!options.shown_file() || !options.keeps_place()) return {};
  return shown.save(*options.shown_file());
}

void note_again(Letters& letters, const InboxArguments& options, const ShownLines& shown) {
  for (Json& message : letters.mail.messages) {
    if (shown.has(message)) message["again"] = true;
  }
  if (options.all) return;
  std::erase_if(letters.history.chats, [&shown](const Json& chat) { return shown.has(chat); });
}

Result<Letters> gather(Context& context, Agent& agent, const InboxArguments& options,
                       const std::string& me) {
  Letters letters;
  Result<Mail> mail = read_mailbox(agent, options, me);
  if (!mail) return mail.error();
  letters.mail = *std::move(mail);
  if (options.project && options.place) {
    Result<HistoryPlace> place = load_place(*options.place);
    if (!place) return place.error();
    letters.place_before = *place;
    Result<History> history = read_history(agent, options.all ? HistoryPlace{} : *place);
    if (!history) return history.error();
    letters.history = *std::move(history);
    if (const Result<> done = narrow(agent, options, me, letters.history); !done) {
      return done.error();
    }
  }
  const bool is_empty = letters.mail.messages.empty() && letters.history.chats.empty();
  if (!is_empty || !options.wait) return letters;
  Result<Mail> waited = wait_for_mail(context, agent, options, me);
  if (!waited) return waited.error();
  waited->dropped += letters.mail.dropped;
  letters.mail = *std::move(waited);
  return letters;
}

void print(Context& context, const Letters& letters, const InboxArguments& options) {
  if (options.json) {
    const Mail& mail = letters.mail;
    context.out << render_json({{"agent", mail.agent},
                                {"messages", mail.messages},
                                {"unseen", mail.unseen},
                                {"dropped", mail.dropped},
                                {"broadcasts", letters.history.chats},
                                {"gap", letters.history.has_gap}});
    return;
  }
  std::map<std::uint64_t, std::string> lines;
  for (const Json& message : letters.mail.messages) {
    lines[msg_id_of(message)] = render_mail(message);
  }
  for (const Json& chat : letters.history.chats) lines[msg_id_of(chat)] = render_history(chat);
  for (const auto& [id, line] : lines) context.out << line;
  if (letters.mail.dropped > 0) {
    context.err << "note: " << letters.mail.dropped
                << " message(s) for you were dropped or taken back before you read them\n";
  }
  if (letters.history.has_gap) {
    context.err << "note: some of what was said to all since you last looked is kept no more\n";
  }
}

int read_hub(Context& context, Agent& agent, const InboxArguments& options,
             const std::string& name) {
  const std::string me = client::mailbox_of(name);
  Result<ShownLines> shown = load_shown(options);
  if (!shown) return inbox_failed(context, shown.error());
  Result<Letters> letters = gather(context, agent, options, me);
  if (!letters) return inbox_failed(context, letters.error());
  note_again(*letters, options, *shown);
  print(context, *letters, options);
  if (!context.out.flush()) return exit_code::failed;
  if (options.peek) return exit_code::ok;
  std::vector<std::uint64_t> printed;
  for (const Json& message : letters->mail.messages) {
    printed.push_back(msg_id_of(message));
    shown->add(message);
  }
  mark_mail(agent, Mark::seen, printed);
  for (const Json& chat : letters->history.chats) shown->add(chat);
  if (const Result<> kept = keep_shown(options, *shown); !kept) {
    return inbox_failed(context, kept.error());
  }
  const bool has_moved = letters->history.end != letters->place_before;
  if (!options.place || !options.keeps_place() || !has_moved) return exit_code::ok;
  const Result<> saved = save_place(*options.place, letters->history.end);
  return saved ? exit_code::ok : inbox_failed(context, saved.error());
}

Json as_json(const wire::LiteLine& line) {
  return {{"msg_id", line.message_id}, {"type", line.type},       {"sender", line.sender},
          {"target", line.target},     {"payload", line.payload}, {"timestamp", line.timestamp},
          {"hub_id", line.hub_id}};
}

// `why` is what is amiss with the hub.
int read_feed(Context& context, const InboxArguments& options, const std::string& name,
              const std::string& why) {
  RelayQuery query;
  query.file = *options.feed;
  query.project = options.project;
  query.for_name = client::mailbox_of(name);
  if (!options.all) query.cursor = options.feed_cursor;
  Result<ShownLines> shown = load_shown(options);
  if (!shown) return inbox_failed(context, shown.error());
  Json messages = Json::array();
  const Result<RelaySpan> span = read_relayed(query, [&](const wire::LiteLine& line) {
    // The relay file knows no threads.
    if (!options.wish.thread.empty() || !is_from(line.sender, options)) return;
    if (!options.all && shown->has(line)) return;
    shown->add(line);
    if (options.json) {
      messages.push_back(as_json(line));
    } else {
      context.out << render_relayed(line);
    }
  });
  if (!span) return inbox_failed(context, span.error());
  if (options.json) context.out << render_json({{"messages", messages}, {"without_mailbox", why}});
  if (!context.out.flush()) return exit_code::failed;
  if (!options.keeps_place()) return exit_code::ok;
  if (const Result<> kept = keep_shown(options, *shown); !kept) {
    return inbox_failed(context, kept.error());
  }
  query.cursor = options.feed_cursor;
  const Result<> kept = keep_relay_place(query, *span);
  return kept ? exit_code::ok : inbox_failed(context, kept.error());
}

bool is_absent(const Error& why) {
  return why.code == ErrorCode::unreachable || why.code == ErrorCode::timed_out;
}

// Without a hub that keeps mailboxes. `why` is what is amiss with it, `advice` what helps. Scripts
// that read the relay log as the original does hear of that only where there is none.
int fall_back(Context& context, const InboxArguments& options, const std::string& name,
              const std::string& why, const std::string& advice) {
  const std::string what = context.command + ": " + why + ", so your mailbox was not read";
  std::error_code unknown;
  if (std::filesystem::exists(*options.feed, unknown)) {
    if (context.err_is_terminal || services::is_beneath_host_session(context.environment)) {
      context.err << what << ", only the relay log " << shown(*options.feed) << ". " << advice
                  << std::endl;
    }
    return read_feed(context, options, name, why);
  }
  context.err << what << ", and there is no relay log " << shown(*options.feed)
              << " (hub --relay-log). " << advice << '\n';
  if (options.json) {
    context.out << render_json({{"messages", Json::array()}, {"without_mailbox", why}});
  }
  return exit_code::ok;
}

int run(Context& context, const InboxArguments& options) {
  Result<AgentOptions> settings = options.peek ? observer_options(context, options.connection)
                                               : agent_options(context, options.connection);
  if (!settings) return explain_usage(context, settings.error());
  Agent agent(*settings);
  if (const Result<> connected = agent.connect(); !connected) {
    if (!options.feed || !is_absent(connected.error())) {
      return explain_failure(context, *settings, connected.error());
    }
    return fall_back(context, options, settings->name, "no hub at " + shown(settings->uri),
                     "To start one: synapse hub");
  }
  if (agent.has_feature("receipts")) return read_hub(context, agent, options, settings->name);
  const std::string why = "the hub at " + shown(settings->uri) + " keeps no mailboxes";
  if (options.feed) {
    return fall_back(context, options, settings->name, why, "A hub of this version keeps them.");
  }
  context.err << context.command << ": " << why << "; see synapse relay\n";
  return exit_code::failed;
}

}  // namespace

Runner inbox(OptionSet& set) {
  auto options = std::make_shared<InboxArguments>();
  set.flag("--peek", options->peek, "leave everything unseen, and your place as it is");
  set.flag("--all", options->all, "what you have seen too, as far as it is kept");
  set.number({"--wait", "SECONDS", "for a message, if there is nothing"}, options->wait,
             {0, 86'400});
  set.text({"--from", "NAME", "only from this sender, or from those that this glob matches"},
           options->wish.from);
  set.text({"--thread", "TEXT", "only of this thread"}, options->wish.thread);
  set.flag("--json", options->json, "print one JSON document");
  set.heading("Beside the mailbox");
  set.text({"--project", "PROJECT", "what was said to all or to this project"}, options->project);
  set.text({"--place", "FILE", "go on from the place in this file, and keep it there"},
           options->place);
  set.text({"--feed", "FILE", "the relay log to read where no hub keeps mailboxes"}, options->feed);
  set.text({"--feed-cursor", "FILE", "the same place in that log"}, options->feed_cursor);
  add_connection_options(set, options->connection);
  set.example("synapse inbox --name shop/alice");
  set.example("synapse inbox --from 'shop/*' --wait 300 --json");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
