// Completes the answer to a request once its script has ended.
//
// Thread: the worker.
#pragma once

#include "php/request_context.h"

namespace tusk::php {

// Completes context.reply: it has a head afterwards in every case. A script that has failed, or was
// ended, gets the status that says so, unless something else was sent already.
void settle_reply(RequestContext& context) noexcept;

// Replaces the head by that of an error: 500.
void set_error_head(RequestContext& context) noexcept;

}  // namespace tusk::php
