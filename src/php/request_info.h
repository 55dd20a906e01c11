// The facts that PHP has of a request before it starts: SG(request_info), SG(server_context).
//
// Thread: the worker.
#pragma once

#include "php/request_context.h"

namespace tusk::php {

// Sets SG(server_context) and SG(request_info) for context.job. Texts that PHP keeps as C strings
// are copied to context.c_strings.
void fill_request_info(RequestContext& context) noexcept;

// After the request: no pointer to the job is left.
void clear_request_info() noexcept;

}  // namespace tusk::php
