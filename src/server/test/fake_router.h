// FakeRouter: a router for unit tests, which records each request and answers all alike.
//
// Owner: a test. Thread: the test's.
#pragma once

#include <string>
#include <vector>

#include "site/router.h"

namespace tusk::server::test {

// Answers each request with `body`, with the error page of `error_status`, or by `script`.
class FakeRouter final : public site::Router {
 public:
  site::Route& route(const site::RoutedRequest& request) override {
    targets.emplace_back(request.head.view(request.head.target));
    route_.clear();
    if (error_status != 0) {
      route_.kind = site::Route::Kind::kError;
      route_.error_status = error_status;
    } else if (!script.empty()) {
      route_.kind = site::Route::Kind::kScript;
      route_.document_root = "/srv";
      route_.script_name = script;
    } else {
      route_.response.head.status = 200;
      route_.body = body;
    }
    return route_;
  }

  std::string body = "hello";
  int error_status = 0;
  std::string script;                // the test runs it: TestServices::take_request()
  std::vector<std::string> targets;  // of all requests

 private:
  site::Route route_;
};

}  // namespace tusk::server::test
