// PageScript: the script that makes a page reload by itself, in the page.
//
// Thread: the loop.
#pragma once

#include "http/response.h"
#include "server/request_stages.h"

namespace tusk::server::development {

// Appends a <script> to each HTML document that a browser shows, if `hot_reload` is on. Browsers
// take what follows </html> as part of the body, so the document is not parsed for it.
//
// Such a response is not that of the file or script any more, so it has no validator and no ranges.
class PageScript {
 public:
  // Stage: remembers what the page has seen, and has an HTML file sent whole.
  static Answer prepare(ActiveRequest& request);
  // Stage: appends the script.
  static void append(ActiveRequest& request, http::ResponseHead& response);
};

}  // namespace tusk::server::development
