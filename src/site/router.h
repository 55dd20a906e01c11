// Router: decides what answers a request. A request is routed by one object: the listener's Router
// now, which chooses the site; with virtual hosts that choice is by host.
//
// Owner: the app. Thread: the loop of the connections that use it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "files/static_response.h"
#include "http/request.h"
#include "http/request_origin.h"
#include "http/response.h"
#include "observe/metrics_list.h"
#include "rules/header_changes.h"
#include "site/listing_order.h"

namespace tusk::site {

class ErrorPages;

// All that a request is routed by.
struct RoutedRequest {
  const http::RequestHead& head;
  const http::RequestOrigin& origin;
  std::int64_t now_seconds = 0;
};

struct Route {
  enum class Kind : std::uint8_t {
    kResponse,  // `response`, with `body` or the file in it
    kScript,    // the texts below
    kListing,   // `response.head`, with a page that is made from `order`
    kError,     // `error_status`, with the fields of `response.head`
  };

  Kind kind = Kind::kResponse;
  observe::AnsweredBy answered_by = observe::AnsweredBy::kNone;

  files::StaticResponse response;
  // The file that `response` sends, and where it is in the cache. Null: it is of no file. Good
  // until the next wait.
  const files::ServedFile* file = nullptr;
  std::uint64_t root = 0;
  std::string path;

  std::optional<ListingOrder> order;

  std::string body;  // in place of response.body where that has no file
  int error_status = 0;

  std::string document_root;
  std::string script_name;            // "/index.php"
  std::string path_info;              // "/a/b", or empty
  std::optional<std::string> query;   // in place of the one that was sent
  std::uint64_t root_generation = 0;  // of exec::Job

  // What rules do to the response, whatever it is.
  rules::HeaderChanges header_changes;

  // As new, except that capacities stay.
  void clear() {
    kind = Kind::kResponse;
    answered_by = observe::AnsweredBy::kNone;
    response.clear();
    file = nullptr;
    order.reset();
    body.clear();
    error_status = 0;
    query.reset();
    header_changes.clear();
  }
};

class Router {
 public:
  virtual ~Router() = default;
  // The result is the router's and good until the next call; it may be moved from.
  virtual Route& route(const RoutedRequest& request) = 0;
  // What its errors look like: null for the built-in pages. Good as long as the router.
  virtual ErrorPages* error_pages() { return nullptr; }
};

}  // namespace tusk::site
