// The limits of client connections, as the settings want them.
//
// Thread: main.
#pragma once

#include <memory>

#include "config/settings.h"
#include "server/admission.h"
#include "server/connection.h"
#include "server/rate_limiter.h"

namespace tusk::app {

server::ConnectionLimits connection_limits(const config::Settings& settings);

server::Admission::Limits admission_limits(const config::Settings& settings);
server::HandshakeQueue::Limits handshake_limits(const config::Settings& settings);
// Null: no limit.
std::unique_ptr<server::RateLimiter> make_rate_limiter(const config::Settings& settings);

}  // namespace tusk::app
