#include "tls/host_names.h"

#include <algorithm>

namespace tusk::tls {

namespace {

// "www.example.org" → "*.example.org": a star stands for one label (RFC 6125 §6.4.3).
std::string wildcard_over(std::string_view host) {
  const std::size_t dot = host.find('.');
  if (dot == std::string_view::npos || host.starts_with('*')) return {};
  return "*" + std::string(host.substr(dot));
}

}  // namespace

HostNames::HostNames(const std::vector<Certificate>& certificates) {
  // Clients that send no name get the first certificate, or another one for its first name.
  if (certificates.front().names.empty()) {
    groups_.push_back({0});
  } else {
    group_for(certificates, certificates.front().names.front());
  }
  for (const Certificate& certificate : certificates) {
    for (const std::string& name : certificate.names) {
      if (!group_of_.contains(name)) group_of_[name] = group_for(certificates, name);
    }
  }
}

std::size_t HostNames::group_for(const std::vector<Certificate>& certificates,
                                 const std::string& name) {
  std::vector<std::size_t> members;
  const auto take = [&](const std::string& wanted) {
    if (wanted.empty()) return;
    for (std::size_t i = 0; i < certificates.size(); ++i) {
      const auto has_its_type = [&](std::size_t member) {
        return certificates[member].key_type == certificates[i].key_type;
      };
      if (std::ranges::find(certificates[i].names, wanted) != certificates[i].names.end() &&
          std::ranges::none_of(members, has_its_type)) {
        members.push_back(i);
      }
    }
  };
  take(name);
  take(wildcard_over(name));
  const auto known = std::ranges::find(groups_, members);
  if (known != groups_.end()) return static_cast<std::size_t>(known - groups_.begin());
  groups_.push_back(std::move(members));
  return groups_.size() - 1;
}

std::size_t HostNames::find(std::string_view host) const {
  if (host.ends_with('.')) host.remove_suffix(1);
  std::string name(host);
  std::ranges::transform(name, name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (const auto found = group_of_.find(name); found != group_of_.end()) return found->second;
  const auto found = group_of_.find(wildcard_over(name));
  return found != group_of_.end() ? found->second : 0;
}

}  // namespace tusk::tls
