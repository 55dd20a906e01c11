#include "server/answers/listing_answer.h"

#include <utility>

#include "server/active_request.h"
#include "server/answers/directory_listings.h"
#include "server/answers/error_answer.h"
#include "server/answers/text_answer.h"

namespace tusk::server::answers {

Answer ListingAnswer::choose(ActiveRequest& request) {
  return request.route->kind == site::Route::Kind::kListing ? &send : nullptr;
}

base::Task<bool> ListingAnswer::send(ActiveRequest& request) {
  http::ResponseHead head = std::move(request.route->response.head);
  DirectoryListings& listings = request.site().listings;
  DirectoryListings::Wait wait(listings, request.wakeup);
  if (!listings.make(std::move(*request.route->order), wait)) {
    co_return co_await ErrorAnswer::send(request, 503);
  }
  while (!wait.done()) co_await request.wakeup.wait(net::Wakeup::kListed);
  if (wait.result() == nullptr) co_return co_await ErrorAnswer::send(request, 500);
  files::ServedFile page;
  page.in[0] = wait.result();
  co_return co_await TextAnswer::send(request, head, page);
}

}  // namespace tusk::server::answers
