// A request of a client inside the life of a resident script: what php_request_startup() and
// php_request_shutdown() (main/main.c) do for a request, without what belongs to the script.
//
// Thread: the worker. PHP may leave these functions by longjmp, unless they say otherwise.
#pragma once

#include <cstdint>

#include "php/request_context.h"
#include "php/resident/rewound_script.h"
#include "php/resident/session_module.h"
#include "php/resident/shutdown_functions.h"
#include "php/zend.h"

namespace tusk::php::resident {

// Starts output, headers and body, the time limit and superglobals for
// context.job. fill_request_info() comes first, and SessionModule::begin_request() last.
void open_request(RequestContext& context);

// What a request is for: those that belong to the boot leave their shutdown functions and session
// handlers to the script. After a rewound one the process's memory goes back.
enum class RequestPart : std::uint8_t { kServing, kBoot, kRewound };

// Runs the request's shutdown functions, sends its output, and ends what open_request() has
// started. A bailout in one step does not keep the others from running, and does not leave this
// function: bailout::BailoutRecord tells of it.
void close_request(RequestPart part, SessionModule& session, ShutdownFunctions& functions,
                   const RewoundScript& rewound) noexcept;

// The same for the time in which there is no client's request: output and headers go nowhere.
void open_between();
void close_between() noexcept;

// Drops the exception that is under way, if there is one.
void discard_exception() noexcept;

}  // namespace tusk::php::resident
