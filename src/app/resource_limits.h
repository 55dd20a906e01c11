// Checks that the operating system's limits of the process (setrlimit(2), systemd's Limit*=) are
// large enough for the plan.
//
// Thread: main, before others start.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/plan/plan.h"
#include "base/result.h"
#include "files/content_usage.h"
#include "http/body.h"

namespace tusk::app {

// Fails if tusk could not serve at all; the message has the number that it needs. Otherwise returns
// a warning for each limit that is lower than the plan wants.
base::Result<std::vector<std::string>> check_resource_limits(const plan::Plan& plan);

// The least number of descriptors to serve with, by use.
struct DescriptorNeeds {
  std::uint64_t own = 0;  // listening sockets, loops, logs, roots, files of PHP and OPcache
  std::uint64_t workers = 0;
  std::uint64_t clients = 0;

  // Includes a quarter in reserve: accepting pauses when a quarter is left (server/accepting.cc).
  std::uint64_t total() const;
};
DescriptorNeeds descriptor_needs(const plan::Plan& plan);

// How many files the bodies of requests may be in, and how many the responses that wait for their
// clients: an eighth of all descriptors each. HTTP/2 has many of both in one connection, so that
// the limit of connections is none of files.
std::uint64_t most_held_files();
// What the cache of files and unfinished responses may hold of the contents of files.
files::ContentUsage::Limits content_limits(const plan::Plan& plan);
// Sets the limits of files, in all and of one client.
void limit_files(http::BodySpool& spool);

}  // namespace tusk::app
