// script_facts: what a report says of the request that a crashed thread ran.
//
// Async-signal-safe. Thread: a worker's.
#pragma once

#include "exec/job.h"
#include "observe/crash/crash_report.h"

namespace tusk::php::crash {

// The texts are borrowed from the job.
observe::crash::ScriptFacts script_facts(const exec::Job& job) noexcept;

}  // namespace tusk::php::crash
