// Lines of the log about the request that a worker runs.
//
// Thread: the worker's.
#pragma once

#include <span>
#include <string_view>

#include "observe/log.h"
#include "php/request_context.h"

namespace tusk::php::sapi {

// Adds the request's number and id, its trace, if it has one, and its script. `context` may be
// null: then no request runs. At most kMoreFields of `more` are written.
inline constexpr std::size_t kMoreFields = 4;
void log_for_request(observe::Level level, std::string_view message, const RequestContext* context,
                     std::span<const observe::Field> more = {}) noexcept;

}  // namespace tusk::php::sapi
