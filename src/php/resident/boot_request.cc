#include "php/resident/boot_request.h"

#include <string>
#include <string_view>

namespace tusk::php::resident {

namespace {

// The path that clients would see: below the root, or else the name alone.
std::string script_name(const exec::PoolScripts& scripts) {
  const std::string_view script = scripts.resident_script;
  std::string_view root = scripts.document_root;
  while (root.ends_with('/')) root.remove_suffix(1);
  if (script.starts_with(root) && script.substr(root.size()).starts_with('/'))
    return std::string(script.substr(root.size()));
  return std::string(script.substr(script.rfind('/')));
}

}  // namespace

BootRequest::BootRequest(const exec::PoolScripts& scripts) {
  exec::Job& job = exchange_.job;
  job.head.method = job.store("GET");
  job.script_name = job.store(script_name(scripts));
  job.head.target = job.head.path = job.request_uri = job.script_name;
  job.head.authority = job.origin.host = job.store("localhost");
  job.document_root = job.store(scripts.document_root);
  job.script_filename = job.store(scripts.resident_script);
  job.pool = scripts.index;
}

}  // namespace tusk::php::resident
