// Completes the Job of a request that was routed to a script.
//
// Thread: the loop.
#pragma once

#include <string_view>

#include "exec/job.h"
#include "net/listener.h"
#include "site/router.h"

namespace tusk::server::answers {

// `job` has its head and origin already. `local` is the server's end of the connection; it does not
// replace a port that a trusted proxy has sent.
void fill_script_job(exec::Job& job, const site::Route& route, const net::Endpoint& local);

// Call it after fill_script_job() if the script makes the page of an error. It sets the script's
// place, which is not in the document root.
void make_error_job(exec::Job& job, int status, std::string_view directory,
                    std::string_view script);

}  // namespace tusk::server::answers
