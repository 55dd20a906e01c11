// Router: decides what answers a request. A request is routed by one object, chosen per listener
// now and per virtual host later.
//
// Owner: the app. Thread: the loop of the connections that use it.
#pragma once

#include <cstdint>
#include <string>

#include "files/static_response.h"
#include "http/request.h"
#include "http/response.h"
#include "observe/metrics_list.h"

namespace tusk::server {

struct Route {
  enum class Kind : std::uint8_t {
    response,  // `response`, with `body` or the file in it
    script,    // the three texts below
  };

  Kind kind = Kind::response;
  observe::Handler handler = observe::Handler::kNone;

  files::StaticResponse response;
  std::string body;  // in place of response.body where that has no file

  std::string document_root;
  std::string script_name;  // "/index.php"
  std::string path_info;    // "/a/b", or empty
};

class Router {
 public:
  virtual ~Router() = default;
  // The result is the router's and good until the next call; it may be moved from.
  virtual Route& route(const http::RequestHead& head, std::int64_t now_seconds) = 0;
};

}  // namespace tusk::server
