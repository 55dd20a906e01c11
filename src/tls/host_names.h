// HostNames: which certificates answer for the host that a client names (SNI, RFC 6066 §3).
//
// Certificates of different key types for one name stand side by side, and the handshake chooses
// between them by what the client can do: those are a group. The name itself comes before a
// wildcard, and what was given first comes before what was given later.
//
// Owner: a Context. Thread: made on any, then only read.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tusk::tls {

class HostNames {
 public:
  struct Certificate {
    std::vector<std::string> names;  // in lower case
    int key_type = 0;
  };

  // There is one certificate at least.
  explicit HostNames(const std::vector<Certificate>& certificates);

  // Indices of certificates. The first group is for hosts that are not known.
  const std::vector<std::vector<std::size_t>>& groups() const { return groups_; }

  // The group that answers for a host, as the client wrote it.
  std::size_t find(std::string_view host) const;

 private:
  std::size_t group_for(const std::vector<Certificate>& certificates, const std::string& name);

  std::vector<std::vector<std::size_t>> groups_;
  std::map<std::string, std::size_t, std::less<>> group_of_;
};

}  // namespace tusk::tls
