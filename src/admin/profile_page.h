// The page /profile of the internal server: what scripts spend their time in.
//
// Thread: the loop; a profile is rendered on the Profiler's thread.
#pragma once

#include <span>
#include <string_view>

#include "admin/pages.h"
#include "base/result.h"
#include "exec/observation/profiler.h"
#include "observe/profile/format.h"

namespace tusk::admin {

// ProfileQuery has the values of a query such as
// ?seconds=30&format=flamegraph&path=GLOB&script=GLOB&pool=NAME&clock=wall.
struct ProfileQuery {
  base::Duration length{};
  observe::profile::Format format{};
  observe::profile::Clock clock{};  // for folded stacks
  exec::observation::ProfileSampler::Wants wants{};
};
// `pools` are the names of the pools, in the order of Job::pool.
base::Result<ProfileQuery> read_profile_query(std::string_view query,
                                              std::span<const std::string_view> pools);

// 400 for a query that is wrong, 409 while another profile is taken.
Page profile_page(exec::observation::Profiler* profiler, std::string_view query,
                  std::span<const std::string_view> pools);

}  // namespace tusk::admin
