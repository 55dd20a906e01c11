#include "php/resident/boot_request.h"

#include <algorithm>
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

void fill_script(exec::Job& job, const exec::PoolScripts& scripts) {
  job.script_name = job.store(script_name(scripts));
  job.document_root = job.store(scripts.document_root);
  job.script_filename = job.store(scripts.resident_script);
  job.pool = scripts.index;
}

}  // namespace

void fill_warm_up_job(exec::Job& job, const exec::PoolScripts& scripts,
                      const exec::WarmUpPage& page) {
  constexpr std::string_view kOwnAddress = "127.0.0.1";
  http::RequestHead& head = job.head;
  head.method = job.store("GET");
  head.target = job.request_uri = job.store(page.target);
  const std::size_t path = std::min(page.target.find('?'), page.target.size());
  head.path = {head.target.offset, static_cast<std::uint32_t>(path)};
  head.has_query = path < page.target.size();
  if (head.has_query) {
    head.query = {static_cast<std::uint32_t>(head.target.offset + path + 1),
                  static_cast<std::uint32_t>(page.target.size() - path - 1)};
  }
  head.authority = job.store(page.host);
  head.add_field("Host", page.host);
  head.add_field("User-Agent", "tusk/" TUSK_VERSION " (warm-up)");
  head.add_field("Accept", "*/*");
  http::RequestOrigin& origin = job.origin;
  origin.client_address = origin.server_address = job.store(kOwnAddress);
  origin.tls = page.https;
  origin.server_port = page.https ? 443 : 80;
  http::settle_host(head, origin);
  fill_script(job, scripts);
}

BootRequest::BootRequest(const exec::PoolScripts& scripts) {
  exec::Job& job = exchange_.job;
  job.head.method = job.store("GET");
  fill_script(job, scripts);
  job.head.target = job.head.path = job.request_uri = job.script_name;
  job.head.authority = job.origin.host = job.store("localhost");
}

}  // namespace tusk::php::resident
