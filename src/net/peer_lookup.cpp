// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/peer_lookup.hpp"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/descriptor.hpp"

namespace synapse::net {

namespace {

using boost::asio::ip::tcp;

struct SocketQuestion {
  nlmsghdr header;
  inet_diag_req_v2 request;
};

void put_address(const boost::asio::ip::address& address, __be32* out) {
  if (address.is_v4()) {
    const auto bytes = address.to_v4().to_bytes();
    std::memcpy(out, bytes.data(), bytes.size());
  } else {
    const auto bytes = address.to_v6().to_bytes();
    std::memcpy(out, bytes.data(), bytes.size());
  }
}

SocketQuestion question_about(const tcp::endpoint& theirs, const tcp::endpoint& ours) {
  SocketQuestion question{};
  question.header.nlmsg_len = sizeof(question);
  question.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  question.header.nlmsg_flags = NLM_F_REQUEST;
  question.request.sdiag_family = theirs.address().is_v4() ? AF_INET : AF_INET6;
  question.request.sdiag_protocol = IPPROTO_TCP;
  question.request.idiag_states = ~0U;
  inet_diag_sockid& id = question.request.id;
  id.idiag_sport = htons(theirs.port());
  id.idiag_dport = htons(ours.port());
  put_address(theirs.address(), id.idiag_src);
  put_address(ours.address(), id.idiag_dst);
  id.idiag_cookie[0] = id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  return question;
}

// The owner of the other end of a connection within this machine, by the kernel (sock_diag(7)):
// one question about one row, so it costs the same however many there are. The row of a socket
// that its owner has closed says user 0 and inode 0, which must not be taken for root.
std::optional<std::uint32_t> owner_of(const tcp::endpoint& theirs, const tcp::endpoint& ours) {
  const base::Descriptor kernel(
      ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG));
  if (!kernel.is_open()) return std::nullopt;
  const SocketQuestion question = question_about(theirs, ours);
  if (::send(kernel.number(), &question, sizeof(question), 0) != sizeof(question)) {
    return std::nullopt;
  }
  // The kernel has answered by the time that send() returns.
  alignas(nlmsghdr) std::array<char, 1024> answer{};
  const ssize_t size = ::recv(kernel.number(), answer.data(), answer.size(), 0);
  nlmsghdr header{};
  inet_diag_msg row{};
  if (size < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(row)))) return std::nullopt;
  std::memcpy(&header, answer.data(), sizeof(header));
  std::memcpy(&row, answer.data() + NLMSG_HDRLEN, sizeof(row));
  if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY || row.idiag_state != TCP_ESTABLISHED ||
      row.idiag_inode == 0) {
    return std::nullopt;
  }
  return row.idiag_uid;
}

}  // namespace

std::optional<Peer> peer_of(ServerStream::Socket& socket) {
  boost::system::error_code error;
  const auto remote = socket.remote_endpoint(error);
  if (error) return std::nullopt;
  Peer peer;
  if (remote.protocol().family() == AF_UNIX) {
    peer.is_unix = true;
    peer.host = "unix";
    ucred credentials{};
    socklen_t size = sizeof(credentials);
    if (getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0) {
      peer.user = credentials.uid;
      peer.process = credentials.pid;
    }
    return peer;
  }
  const tcp::endpoint theirs = as_tcp(remote);
  peer.host = theirs.address().to_string();
  const auto local = socket.local_endpoint(error);
  if (!error && theirs.address().is_loopback()) peer.user = owner_of(theirs, as_tcp(local));
  return peer;
}

tcp::endpoint as_tcp(const ServerStream::Protocol::endpoint& endpoint) {
  tcp::endpoint tcp;
  const std::size_t size = std::min(endpoint.size(), tcp.capacity());
  std::memcpy(tcp.data(), endpoint.data(), size);
  if (size > 0) tcp.resize(size);
  return tcp;
}

}  // namespace synapse::net
