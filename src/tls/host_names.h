// HostNames: maps the host name that a client sends (SNI, RFC 6066 §3) to certificates.
//
// Owner: a Context. Thread: made on any, then only read.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tusk::tls {

// Certificates of different key types for one name form a group, and the handshake chooses between
// them by the client's abilities. An exact name precedes a wildcard, and an earlier certificate a
// later one.
class HostNames {
 public:
  struct Certificate {
    std::vector<std::string> names;  // in lower case
    int key_type = 0;
  };

  // `certificates` must not be empty.
  explicit HostNames(const std::vector<Certificate>& certificates);

  // Groups of indices of certificates. The first group is for unknown hosts.
  const std::vector<std::vector<std::size_t>>& groups() const { return groups_; }

  // Returns the index of the group for a host, as the client wrote it.
  std::size_t find(std::string_view host) const;

 private:
  std::size_t group_for(const std::vector<Certificate>& certificates, const std::string& name);

  std::vector<std::vector<std::size_t>> groups_;
  std::map<std::string, std::size_t, std::less<>> group_of_;
};

}  // namespace tusk::tls
