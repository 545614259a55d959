// SPDX-License-Identifier: AGPL-3.0-or-later
#include <ostream>

#include "cli/client/connection.hpp"
#include "cli/commands/commands.hpp"
#include "cli/process/child.hpp"
#include "net/uri.hpp"

namespace synapse::cli::commands {

namespace {

struct OpenArguments {
  ConnectionOptions connection;
  bool print = false;
  bool with_token = false;
};

// What may stand in a fragment as it is; all else as %XX.
std::string fragment_text(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                          (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
    if (is_plain) {
      escaped += c;
    } else {
      escaped += {'%', digits[byte >> 4U], digits[byte & 15U]};
    }
  }
  return escaped;
}

Result<std::string> page_address(const AgentOptions& settings) {
  const Result<std::vector<net::Uri>> hubs = net::parse_uris(settings.uri);
  if (!hubs) return hubs.error();
  const net::Uri& uri = hubs->front();
  if (!uri.socket.empty()) {
    return fail(ErrorCode::bad_argument,
                "a browser can't open a Unix socket; give --uri ws://HOST:PORT");
  }
  const char* scheme = uri.scheme == net::Uri::Scheme::wss ? "https://" : "http://";
  return scheme + uri.authority() + "/";
}

// Whether there is a desktop that could show a browser.
bool has_desktop(const Context& context) {
  return !context.environment.get("DISPLAY").value_or("").empty() ||
         !context.environment.get("WAYLAND_DISPLAY").value_or("").empty();
}

int run(Context& context, const OpenArguments& options) {
  const Result<AgentOptions> settings = observer_options(context, options.connection);
  if (!settings) return explain_usage(context, settings.error());
  Result<std::string> address = page_address(*settings);
  if (!address) return explain_usage(context, address.error());
  Agent agent(*settings);
  if (const Result<> connected = agent.connect(); !connected) {
    return without_hub(context, *settings, connected.error());
  }
  if (options.with_token && !settings->token.empty()) {
    *address += "#token=" + fragment_text(settings->token);
  }
  context.out << *address << "\n";
  context.out.flush();
  if (options.print || !has_desktop(context)) return exit_code::ok;
  const Result<Child> browser =
      Child::start({"xdg-open", *address}, {.place = ChildSetup::Place::background});
  if (!browser) context.err << context.command << ": " << browser.error().message << "\n";
  return exit_code::ok;
}

}  // namespace

Runner open_page(OptionSet& set) {
  auto options = std::make_shared<OpenArguments>();
  set.flag("--print", options->print, "print the address, and open nothing");
  set.flag("--with-token", options->with_token,
           "put the token into the address; it then shows in lists of processes and on the screen");
  add_hub_options(set, options->connection);
  set.example("synapse open");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
