// SPDX-License-Identifier: AGPL-3.0-or-later
// The shared log in etcd (3.4 or newer), over its HTTP gateway: the history of the key
// /synapse/BUS/log. What a put says is synced on a majority of etcd's nodes before it is answered.
//
// Three connections, each at one of the endpoints and at the next when that one fails: puts, the
// watch, and questions. A node that is cut off from the others goes on answering reads, lets puts
// hang and its watches fall silent without a word: so a put has a deadline, and a watch that says
// nothing for longer than hubs are ever silent is made anew elsewhere.
//
// Not gRPC: its C++ library takes 14 MB, and its channels did not come back within 28 s of a full
// outage in three of three tries.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/etcd_options.hpp"
#include "cluster/replicated_log.hpp"

namespace synapse::cluster {

// A store forgets by revisions, and has one order of them for all buses that are in it. So each bus
// says under this prefix up to where its hubs need nothing more, and the smallest of that counts.
inline constexpr std::string_view covered_prefix = "/synapse-covered/";

class EtcdLog final : public ReplicatedLog {
 public:
  EtcdLog(boost::asio::any_io_executor executor, EtcdOptions options);
  ~EtcdLog() override;

  void append(const std::string& bytes, Added added) override;
  void look(std::function<void(Result<Head>)> seen) override;
  // In place of what it has followed so far.
  void follow(Revision after, Follower follower) override;
  void stop_following();

  // What hubs of a bus keep beside the log, by names of their own. One such call or look() at a
  // time; is_asking() says whether one is under way.
  using Values = std::function<void(Result<std::vector<std::string>>)>;
  [[nodiscard]] bool is_asking() const;
  // Has this value unless it has one; the value that it has.
  void keep(const std::string& name, const std::string& value,
            std::function<void(Result<std::string>)> kept);
  void put(const std::string& name, const std::string& value, Added added);
  // The values of all names that begin so.
  void list(const std::string& prefix, Values values);
  // Forgets what was added up to this, of all buses of the store: see covered_prefix. Answered at
  // once, or when its room is free.
  enum class Freed { later, before_the_answer };
  void compact(Revision revision, Freed freed, Added added);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace synapse::cluster
