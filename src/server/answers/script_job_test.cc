#include "server/answers/script_job.h"

#include <gtest/gtest.h>

#include "http/h1/request_parser.h"

namespace tusk::server::answers {
namespace {

exec::Job job_of(std::string_view request, const net::Endpoint& local = {"127.0.0.1", 8080}) {
  http::h1::RequestParser parser({});
  parser.parse(request);
  exec::Job job;
  std::swap(job.head, parser.head());
  site::Route route;
  route.document_root = "/srv/www";
  route.script_name = "/index.php";
  route.path_info = "/a";
  http::settle_host(job.head, job.origin);
  fill_script_job(job, route, local);
  return job;
}

std::string name_for(std::string_view host) {
  const exec::Job job = job_of("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n");
  return std::string(job.view(job.origin.host));
}

std::string uri_for(std::string_view target) {
  const exec::Job job = job_of("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n");
  return std::string(job.view(job.request_uri));
}

TEST(ScriptJob, HasWhatTheScriptIsToldOfItself) {
  const exec::Job job = job_of("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(job.view(job.script_filename), "/srv/www/index.php");
  EXPECT_EQ(job.view(job.document_root), "/srv/www");
  EXPECT_EQ(job.view(job.script_name), "/index.php");
  EXPECT_EQ(job.view(job.path_info), "/a");
  EXPECT_EQ(job.view(job.origin.server_address), "127.0.0.1");
  EXPECT_EQ(job.origin.server_port, 8080);
}

TEST(ScriptJob, ServerNameIsTheHostOfTheRequest) {
  EXPECT_EQ(name_for("WWW.Example.ORG:80"), "www.example.org");
}

TEST(ScriptJob, WithoutHostTheServersAddressIsItsName) {
  const std::string_view request = "GET / HTTP/1.0\r\n\r\n";
  const exec::Job tcp = job_of(request);
  EXPECT_EQ(tcp.view(tcp.origin.host), "127.0.0.1");
  const exec::Job unix_socket = job_of(request, {"unix:/run/tusk.sock", 0});
  EXPECT_EQ(unix_socket.view(unix_socket.origin.host), "localhost");
}

TEST(ScriptJob, RequestUriBeginsWithThePath) {
  EXPECT_EQ(uri_for("/a%20b?c"), "/a%20b?c");
  EXPECT_EQ(uri_for("/a?"), "/a?");
  EXPECT_EQ(uri_for("http://example.org:81/a?c"), "/a?c");
  EXPECT_EQ(uri_for("http://example.org/"), "/");
  EXPECT_EQ(uri_for("http://example.org"), "/");
  EXPECT_EQ(uri_for("http://example.org?c=1"), "/?c=1");
}

TEST(ScriptJob, KeepsThePortThatATrustedProxySaid) {
  exec::Job job;
  job.head.target = job.head.path = job.head.append("/");
  job.origin.server_port = 443;
  fill_script_job(job, site::Route(), {"127.0.0.1", 8080});
  EXPECT_EQ(job.origin.server_port, 443);
}

}  // namespace
}  // namespace tusk::server::answers
