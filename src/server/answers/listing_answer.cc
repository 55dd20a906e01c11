#include "server/answers/listing_answer.h"

#include <utility>

#include "server/active_request.h"
#include "server/answers/directory_listings.h"
#include "server/answers/error_answer.h"
#include "server/answers/file_answer.h"
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
  files::ServedFile page;
  page.in[0] = wait.take_result();
  if (page.in[0] == nullptr) {
    co_return co_await ErrorAnswer::send(request, wait.lacks_room() ? 503 : 500);
  }
  const auto share = FileAnswer::hold(request, {.bytes = page.in[0]->size_bytes});
  if (!share) {
    page.in[0] = nullptr;  // the client may not take the error either
    co_return co_await ErrorAnswer::send(request, 503);
  }
  co_return co_await TextAnswer::send(request, head, page);
}

}  // namespace tusk::server::answers
