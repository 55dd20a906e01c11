#include "php/request_reply.h"

namespace tusk::php {

void set_error_head(RequestContext& context) noexcept {
  http::ResponseHead& head = context.reply->head();
  head.clear();
  head.status = 500;
}

namespace {

// The script's first output has built the head, but nothing may have been sent yet: then the client
// gets the error, as if there were no output.
void note_script_timeout(exec::Reply& reply) noexcept {
  if (reply.head_sent() || reply.finished() || reply.head().status != 200) return;
  reply.head().status = 500;
  reply.head().reason.clear();
}

// Nothing of the request has run except a prepended file, which the client need not see.
void refuse_unopened_script(RequestContext& context) noexcept {
  if (context.reply->head_sent()) return;
  const int error_page_of = context.job->redirect_status;
  context.reply->fail(error_page_of != 200 ? error_page_of : context.refused_status);
}

}  // namespace

void settle_reply(RequestContext& context) noexcept {
  if (!context.head_built) set_error_head(context);
  if (context.fatal_error) context.reply->set_fatal_error();
  if (context.script_timed_out) note_script_timeout(*context.reply);
  if (context.refused_status != 0) refuse_unopened_script(context);
  if (context.timed_out) context.reply->fail(504);
}

}  // namespace tusk::php
