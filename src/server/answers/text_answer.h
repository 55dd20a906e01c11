// TextAnswer: a text that was made here: a redirect's body, a listing, an error page. It is
// compressed first where that pays, on the encoder's thread.
//
// Thread: the loop.
#pragma once

#include "base/task.h"
#include "files/file_loader.h"
#include "http/response.h"
#include "server/request_stages.h"

namespace tusk::server::answers {

class TextAnswer {
 public:
  // Stage: a text that the router has made.
  static Answer choose(ActiveRequest& request);
  // Stage: the same, never compressed; an empty text too.
  static Answer choose_as_it_is(ActiveRequest& request);

  static base::Task<bool> send(ActiveRequest& request, http::ResponseHead& head,
                               files::ServedFile& text);
  // A site's page for `status`: its compressed form is kept for the next request.
  static base::Task<bool> send_error_page(ActiveRequest& request, http::ResponseHead& head,
                                          files::ServedFile& page, int status);

 private:
  static base::Task<bool> send_route(ActiveRequest& request);
  static base::Task<bool> send_route_as_it_is(ActiveRequest& request);
};

}  // namespace tusk::server::answers
