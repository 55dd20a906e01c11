// HostSettings: what a server tells its PHP host before PHP starts there.
//
// Needs no libphp: the server encodes them, the host decodes them. Thread: any; a value.
#pragma once

#include <string>
#include <string_view>

#include "base/process/seccomp.h"
#include "base/process/user_change.h"
#include "base/result.h"
#include "exec/executor.h"
#include "exec/process/region.h"
#include "exec/reply.h"
#include "http/coding/policy.h"
#include "http/request_id.h"
#include "observe/log.h"
#include "php/settings.h"

namespace tusk::host::inline settings {

struct HostSettings {
  php::Settings php;
  // The limits of one response. The store and the counters are the server's, and are left out.
  exec::ReplyLimits reply;
  http::coding::Policy compression;  // of the responses of scripts
  exec::PoolScripts scripts;
  exec::process::RegionLayout region;
  observe::LogSettings log;
  std::string log_file;  // empty: stderr
  http::RequestIdKeys request_id_keys{};
  base::process::UserAndGroup user;  // which the host becomes before PHP starts
  std::string chroot;                // its root directory once PHP has started; empty: no other
  base::process::Seccomp seccomp{};  // which system calls it may make from then on
};

// An object of JSON, written as CBOR: values of environment variables need not be UTF-8.
std::string encode(const HostSettings& settings);
// An error: the bytes are no settings, or those of another version of tusk.
base::Result<HostSettings> decode(std::string_view bytes);

}  // namespace tusk::host::inline settings
