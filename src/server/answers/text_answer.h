// TextAnswer: the answer with a text of tusk's.
//
// Thread: the loop.
#pragma once

#include "base/task.h"
#include "files/file_loader.h"
#include "http/response.h"
#include "server/request_stages.h"

namespace tusk::server::answers {

// Answers with a text that tusk has made: a redirect's body, a listing, an error page. If
// compression pays, the encoder's thread compresses the text first.
class TextAnswer {
 public:
  // Stage: chosen if the router has made a text.
  static Answer choose(ActiveRequest& request);
  // Stage: likewise, also for an empty text; never compresses.
  static Answer choose_as_it_is(ActiveRequest& request);

  static base::Task<bool> send(ActiveRequest& request, http::ResponseHead& head,
                               files::ServedFile& text);
  // Sends a site's page for `status`, and keeps its compressed form for later requests.
  static base::Task<bool> send_error_page(ActiveRequest& request, http::ResponseHead& head,
                                          files::ServedFile& page, int status);

 private:
  static base::Task<bool> send_route(ActiveRequest& request);
  static base::Task<bool> send_route_as_it_is(ActiveRequest& request);
};

}  // namespace tusk::server::answers
