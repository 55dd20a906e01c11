// From a request that was routed to a script to the Job that a worker gets, for every protocol.
//
// Thread: the loop.
#pragma once

#include <string_view>

#include "exec/job.h"
#include "net/listener.h"
#include "site/router.h"

namespace tusk::server::answers {

// What a trusted proxy has said of the client (clients/trusted_proxies.h) stays.
void fill_script_job(exec::Job& job, const site::Route& route, const net::Endpoint& peer,
                     const net::Endpoint& local);

// Of a Job that was filled with an error's page as its script: where that stands, since it is not
// in the document root.
void make_error_job(exec::Job& job, int status, std::string_view directory,
                    std::string_view script);

}  // namespace tusk::server::answers
