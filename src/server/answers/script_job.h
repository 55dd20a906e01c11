// The Job that a worker gets, made from a request that was routed to a script.
//
// Thread: the loop.
#pragma once

#include <string_view>

#include "exec/job.h"
#include "net/listener.h"
#include "site/router.h"

namespace tusk::server::answers {

// Completes a Job whose head and origin are there. `local` is the connection's end here; a port
// that a trusted proxy has said stays.
void fill_script_job(exec::Job& job, const site::Route& route, const net::Endpoint& local);

// Call after fill_script_job() when the script makes the page of an error: says where that script
// stands, since it is not in the document root.
void make_error_job(exec::Job& job, int status, std::string_view directory,
                    std::string_view script);

}  // namespace tusk::server::answers
