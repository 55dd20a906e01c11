// Router: decides how a request is answered.
//
// Owner: app::ServingLoop; for the internal server, app::Serving. Thread: the loop of the
// connections that use it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
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

// Everything that routing depends on.
struct RoutedRequest {
  const http::RequestHead& head;
  const http::RequestOrigin& origin;
  std::int64_t now_seconds = 0;
};

// A body that takes long to make, on another thread than the loop.
struct LaterBody {
  using Done = std::move_only_function<void(std::string body)>;
  // Begins to make it; `done` is called by any thread, once. False: it cannot be made now.
  std::move_only_function<bool(Done)> begin;
  // Not empty: the client has left, or has ended its side of the connection, so `done` may be
  // called early with what there is.
  std::move_only_function<void()> end_early;
  // Not null: the response's status, which is set before `done` is called.
  std::shared_ptr<int> status;
};

struct Route {
  enum class Kind : std::uint8_t {
    kResponse,  // `response`, with `body` or its own file
    kScript,    // the script that the strings below name
    kListing,   // `response.head`, with a page made from `order`
    kLater,     // `response.head`, with the body that `later` makes
    kError,     // `error_status`, with the fields of `response.head`
  };

  Kind kind = Kind::kResponse;
  observe::AnsweredBy answered_by = observe::AnsweredBy::kNone;

  files::StaticResponse response;
  // The file that `response` sends, and its place in the cache. Null: no file. Valid until the next
  // wait.
  const files::ServedFile* file = nullptr;
  std::uint64_t root = 0;
  std::string path;

  std::optional<ListingOrder> order;

  LaterBody later;

  std::string body;  // used if response.body has no file
  int error_status = 0;

  std::string document_root;
  std::string script_name;            // "/index.php"
  std::string path_info;              // "/a/b", or empty
  std::optional<std::string> query;   // replaces the query that was sent
  std::uint64_t root_generation = 0;  // see exec::Job
  // The script, if it is not document_root + script_name: a resident script outside of the root.
  std::string script_filename;
  std::uint16_t pool = 0;  // whose workers run the script; 0: the default pool

  // The rules' changes to the response, whatever it is.
  rules::HeaderChanges header_changes;

  // Resets everything but keeps the capacities.
  void clear() {
    kind = Kind::kResponse;
    answered_by = observe::AnsweredBy::kNone;
    response.clear();
    file = nullptr;
    order.reset();
    later = {};
    body.clear();
    error_status = 0;
    query.reset();
    script_filename.clear();
    pool = 0;
    header_changes.clear();
  }
};

// A listener has one Router, which chooses the site; with virtual hosts it will do so by host.
class Router {
 public:
  virtual ~Router() = default;
  // The result belongs to the router and is valid until the next call. It may be moved from.
  virtual Route& route(const RoutedRequest& request) = 0;
  // The site's error pages; null: the built-in ones. Valid as long as the router.
  virtual ErrorPages* error_pages() { return nullptr; }
};

}  // namespace tusk::site
