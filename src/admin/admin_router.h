// AdminRouter: the routes of the internal server.
//
// Owner: the app. Thread: the loop.
#pragma once

#include <functional>

#include "admin/pages.h"
#include "site/router.h"

namespace tusk::admin {

// Routes the internal server's requests to its pages.
class AdminRouter final : public site::Router {
 public:
  // `state` is called at each request.
  explicit AdminRouter(std::function<AdminState()> state) : state_(std::move(state)) {}

  site::Route& route(const site::RoutedRequest& request) override;

 private:
  std::function<AdminState()> state_;
  site::Route route_;
  std::string path_;
};

}  // namespace tusk::admin
