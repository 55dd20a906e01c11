// AdminRouter: has the internal server's requests answered by its pages.
//
// Owner: the app. Thread: the loop.
#pragma once

#include <functional>

#include "admin/pages.h"
#include "server/router.h"

namespace tusk::admin {

class AdminRouter final : public server::Router {
 public:
  // `state` is asked at each request.
  explicit AdminRouter(std::function<AdminState()> state) : state_(std::move(state)) {}

  server::Route& route(const server::RoutedRequest& request) override;

 private:
  std::function<AdminState()> state_;
  server::Route route_;
  std::string path_;
};

}  // namespace tusk::admin
