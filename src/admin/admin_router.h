// AdminRouter: the routes of the internal server.
//
// Owner: app::Serving. Thread: the first loop.
#pragma once

#include <functional>

#include "admin/access_token.h"
#include "admin/octane_pages.h"
#include "admin/pages.h"
#include "base/background_thread.h"
#include "site/router.h"

namespace tusk::admin {

// Routes the internal server's requests to its pages.
class AdminRouter final : public site::Router {
 public:
  // `state` is called at each request. `slow_pages` makes pages that the loop must not wait for.
  AdminRouter(std::function<AdminState()> state, base::BackgroundThread& slow_pages,
              AccessToken token = {}, OctaneOrders octane = {});

  site::Route& route(const site::RoutedRequest& request) override;

 private:
  bool may_be_foreign(const site::RoutedRequest& request) const;
  Page page_of(const site::RoutedRequest& request, http::ResponseHead& response) const;

  std::function<AdminState()> state_;
  base::BackgroundThread& slow_pages_;
  AccessToken token_;
  const OctaneOrders octane_;
  const std::string machine_name_;  // in lower case
  site::Route route_;
  std::string path_;
};

}  // namespace tusk::admin
