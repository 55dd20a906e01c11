#include "php/crash/script_facts.h"

#include <algorithm>
#include <string_view>

#include "http/request_id.h"
#include "php/crash/php_frames.h"

namespace tusk::php::crash {

observe::crash::ScriptFacts script_facts(const exec::Job& job) noexcept {
  const std::string_view target = job.view(job.head.target);
  observe::crash::ScriptFacts facts{.request = job.request_id,
                                    .method = job.view(job.head.method),
                                    .host = job.view(job.head.authority),
                                    .path = target.substr(0, target.find('?')),
                                    .script = job.view(job.script_filename),
                                    .read_frames = read_php_frames};
  const http::RequestId id = job.id();
  static_assert(sizeof(facts.request_id) > http::RequestId::kMaxBytes);
  std::ranges::copy(id.view(), facts.request_id);
  return facts;
}

}  // namespace tusk::php::crash
