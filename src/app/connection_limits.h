// The limits of client connections, as the settings want them.
//
// Thread: main.
#pragma once

#include <memory>

#include "clients/admission.h"
#include "clients/rate_limiter.h"
#include "config/settings.h"
#include "server/connection_limits.h"
#include "server/handshake/handshake_queue.h"

namespace tusk::app {

server::ConnectionLimits connection_limits(const config::Settings& settings,
                                           http::BodyUsage& body_usage);

clients::Admission::Limits admission_limits(const config::Settings& settings);
server::handshake::HandshakeQueue::Limits handshake_limits(const config::Settings& settings);
// Null: no limit.
std::unique_ptr<clients::RateLimiter> make_rate_limiter(const config::Settings& settings);

}  // namespace tusk::app
