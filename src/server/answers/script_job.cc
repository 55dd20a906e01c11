#include "server/answers/script_job.h"

#include <string>

namespace tusk::server::answers {

namespace {

// A client sends a proxy the target in absolute-form. Scripts see the part after the host, as with
// nginx.
http::Span request_uri(exec::Job& job) {
  const http::RequestHead& head = job.head;
  const std::string_view target = job.view(head.target);
  if (target.starts_with('/') || target == "*") return head.target;
  const std::uint32_t end = head.target.offset + head.target.length;
  if (head.path.offset >= head.target.offset && head.path.offset < end) {
    return {head.path.offset, end - head.path.offset};
  }
  // "http://host?query" has no path; the parser has set the path to "/".
  std::string uri(job.view(head.path));
  if (head.has_query) uri.append("?").append(job.view(head.query));
  return job.store(uri);
}

// Returns the host for a request that names none.
http::Span server_name(exec::Job& job) {
  const bool has_address = job.origin.server_port != 0;  // a unix socket has none
  return has_address ? job.origin.server_address : job.store("localhost");
}

}  // namespace

void fill_script_job(exec::Job& job, const site::Route& route, const net::Endpoint& local) {
  // The root and the script's path are stored one after the other: together they are the file name,
  // except for a resident script outside of the root.
  job.document_root = job.store(route.document_root);
  job.script_name = job.store(route.script_name);
  job.script_filename = {job.document_root.offset,
                         job.document_root.length + job.script_name.length};
  if (!route.script_filename.empty()) job.script_filename = job.store(route.script_filename);
  job.pool = route.pool;
  job.path_info = job.store(route.path_info);
  job.request_uri = request_uri(job);
  job.root_generation = route.root_generation;
  if (route.query) {
    job.head.query = job.store(*route.query);
    job.head.has_query = true;
  }
  http::RequestOrigin& origin = job.origin;
  origin.server_address = job.store(local.address);
  if (origin.server_port == 0) origin.server_port = local.port;
  if (origin.host.length == 0) origin.host = server_name(job);
}

void make_error_job(exec::Job& job, int status, std::string_view directory,
                    std::string_view script) {
  job.redirect_status = status;
  job.script_filename = job.store(directory);
  job.script_filename.length += job.store(script).length;
}

}  // namespace tusk::server::answers
