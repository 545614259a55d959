// SPDX-License-Identifier: AGPL-3.0-or-later
// What the command line says, as each part of the service wants it. Private to the service.
#pragma once

#include <cstdint>
#include <string>

#include "hub/engine.hpp"
#include "hub/http_pages.hpp"
#include "hub/log_keeper.hpp"
#include "hub/logger.hpp"
#include "hub/run.hpp"
#include "net/ws_server.hpp"
#include "store/committer.hpp"
#include "store/compactor.hpp"
#include "store/notice.hpp"

namespace synapse::hub {

// Draws a hub id if none is configured.
[[nodiscard]] EngineOptions engine_options(const RunOptions& options);
[[nodiscard]] unsigned thread_count(const RunOptions& options);   // For connections.
[[nodiscard]] LogOptions log_options(const RunOptions& options);  // Those of --db.
[[nodiscard]] store::CompactorOptions compactor_options(const RunOptions& options);  // The same.
// Whether GET / is answered with the page.
[[nodiscard]] bool serves_page(const RunOptions& options);
[[nodiscard]] net::ServerOptions server_options(const RunOptions& options);
[[nodiscard]] HttpOptions http_options(const RunOptions& options);
// Why a request of this sender is not for this hub, if it is not.
[[nodiscard]] std::optional<net::HttpResponse> refuse_sender(const RunOptions& options,
                                                             const net::HttpRequest& request);
// Where a hub listens, as those on its own machine reach it.
[[nodiscard]] std::string own_url(const RunOptions& options, std::uint16_t port);
// Where the Unix socket is, given the hub's port; blank: there is none.
[[nodiscard]] std::string socket_path(const RunOptions& options, std::uint16_t port);
[[nodiscard]] store::Say say_to(const Logger& logger);  // Which must outlive it.
void copy_commit_metrics(const store::CommitStats& stats, Metrics& metrics);

}  // namespace synapse::hub
