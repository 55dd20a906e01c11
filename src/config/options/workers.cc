// The options of workers: how many, their limits, the resident script, the queue in front of them.
#include "config/options/choice.h"
#include "config/options/sections.h"
#include "config/options/unit.h"

namespace tusk::config::options {
namespace {

constexpr Choice kScriptModes[] = {
    choice("resident", ScriptMode::kResident),
    choice("rewind", ScriptMode::kRewind),
};

constexpr Option kOptions[] = {
    {.name = "php_workers",
     .flag = "workers",
     .environment = "PHP_WORKERS",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kCount,
     .field = &Settings::php_workers,
     .default_text = "0",
     .max = 4096,
     .automatic = "one per CPU core, fewer if there is little memory",
     .doc = "How many scripts run at the same time, each in a worker: a thread, or a process, as "
            "engine says."},
    {.name = "worker_stack_bytes",
     .flag = "worker-stack-bytes",
     .environment = "WORKER_STACK_BYTES",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kBytes,
     .field = &Settings::worker_stack_bytes,
     .default_text = "256MiB",
     .min = 256 * kKiB,
     .max = 16 * kGiB,
     .doc = "Stack of each worker. This is address space: only what is used takes memory, and "
            "memory of deep recursion is returned after the request. Long chains of objects and "
            "recursion in libraries over deep documents need it. Without memory overcommit "
            "(vm.overcommit_memory=2) all of it is reserved."},
    {.name = "worker_max_requests",
     .flag = "worker-max-requests",
     .environment = "WORKER_MAX_REQUESTS",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kCount,
     .field = &Settings::worker_max_requests,
     .default_text = "0",
     .doc = "Requests after which a worker, thread or process, is replaced, against memory leaks; "
            "0 is never."},
    {.name = "worker_memory_limit",
     .flag = "worker-memory-limit",
     .environment = "WORKER_MEMORY_LIMIT",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kBytes,
     .field = &Settings::worker_memory_limit,
     .default_text = "0",
     .max = kTiB,
     .doc = "Memory above which a worker is replaced after a request, so that the memory is "
            "returned to the system. Of a thread it is what PHP's allocator keeps for it: less "
            "than what the script used, and 2 MiB at least. Memory that extensions take by "
            "themselves is not in it: process_memory_limit sees that. Of a process it is all "
            "memory that it does not share. 0 is never."},
    {.name = "worker_user",
     .flag = "worker-user",
     .environment = "WORKER_USER",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kString,
     .field = &Settings::worker_user,
     .default_text = "",
     .max = 64,
     .placeholder = "USER",
     .doc = "The user of worker processes, a name or a number. tusk must be root for it, or have "
            "CAP_SETUID, CAP_SETGID and CAP_KILL. Without it they have the server's. A pool may "
            "have a user of its own."},
    {.name = "worker_group",
     .flag = "worker-group",
     .environment = "WORKER_GROUP",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kString,
     .field = &Settings::worker_group,
     .default_text = "",
     .max = 64,
     .placeholder = "GROUP",
     .doc = "The group of worker processes. Without it: the own group of worker_user."},
    {.name = "resident",
     .flag = "resident",
     .environment = "RESIDENT_SCRIPT",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kPath,
     .field = &Settings::resident,
     .default_text = "",
     .placeholder = "SCRIPT",
     .doc =
         "A script that stays resident: its workers run it once, and it takes one request after "
         "the other by tusk_handle_request(). It makes a pool with the name resident, which gets "
         "the requests that are routed to this script. A [[pool]] has more options."},
    {.name = "resident_workers",
     .flag = "resident-workers",
     .environment = "RESIDENT_WORKERS",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kCount,
     .field = &Settings::resident_workers,
     .default_text = "0",
     .max = 4096,
     .automatic = "as many as workers",
     .doc = "Workers that run the resident script, besides those for other scripts."},
    {.name = "resident_mode",
     .flag = "resident-mode",
     .environment = "RESIDENT_MODE",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kChoice,
     .field = &Settings::resident_mode,
     .default_text = "resident",
     .choices = kScriptModes,
     .placeholder = "MODE",
     .doc =
         "What the resident script keeps from one request to the next. resident: everything that "
         "it does not put back itself. rewind: nothing. Its worker process puts its memory back "
         "to the end of the boot after each request, so no request sees what another has done; "
         "the pool's workers are processes, whatever engine says."},
    {.name = "resident_warm_up",
     .flag = "resident-warm-up",
     .environment = "RESIDENT_WARM_UP",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kTextList,
     .field = &Settings::resident_warm_up,
     .default_text = "",
     .min = 1,
     .max = 8192,
     .separator = ',',
     .placeholder = "URL",
     .doc = "Pages that the resident script answers after each boot, before it serves, so that no "
            "client's request is part of the boot; may be given several times: a path such as /up, "
            "or a URL with the host that the application expects. One that fails is a boot that "
            "fails."},
    {.name = "resident_doctor",
     .flag = "resident-doctor",
     .environment = "RESIDENT_DOCTOR",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kBool,
     .field = &Settings::resident_doctor,
     .default_text = "off",
     .doc = "Look at PHP's state after each request of a resident script, and log what grows or "
            "crosses to the next request. For development: it makes every such request slow."},
    {.name = "max_lost_workers",
     .flag = "max-lost-workers",
     .environment = "MAX_LOST_WORKERS",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kCount,
     .field = &Settings::max_lost_workers,
     .default_text = "0",
     .max = 4096,
     .automatic = "as many as workers",
     .doc = "Worker threads that may be replaced while their script cannot be ended. Each holds a "
            "thread and its script's memory; beyond that many, lost workers are not replaced until "
            "one comes back. A worker process in that state is killed and always replaced."},
    {.name = "lost_workers_per_client",
     .flag = "lost-workers-per-client",
     .environment = "LOST_WORKERS_PER_CLIENT",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kCount,
     .field = &Settings::lost_workers_per_client,
     .default_text = "0",
     .max = 1'000'000,
     .automatic = "half of max_lost_workers, at least 2",
     .doc = "Lost workers that one client address (IPv6: a /64 network) may cause. Beyond it, "
            "its requests for scripts are answered 503 until 10 minutes after one of these "
            "workers came back or crashed. Addresses of this machine and of private networks "
            "have no such limit, unless a trusted proxy named them."},
    {.name = "request_timeout",
     .flag = "request-timeout",
     .environment = "REQUEST_TIMEOUT",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kDuration,
     .field = &Settings::request_timeout,
     .default_text = "5m",
     .max = kDayMs,
     .doc = "How long a script may run, including time that it waits. After that it is ended, and "
            "the client gets a 504; 5 s later, if it does not end, as in a long function of a "
            "library: then a worker process is killed, and a thread is given up as lost. Time "
            "spent waiting for the client does not count, nor does what the script does after it "
            "has finished its response. 0 sets no limit; max_execution_time applies in any case."},
    {.name = "request_cpu_timeout",
     .flag = "request-cpu-timeout",
     .environment = "REQUEST_CPU_TIMEOUT_SECS",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kDuration,
     .field = &Settings::request_cpu_timeout,
     .default_text = "0s",
     .max = kDayMs,
     .doc = "How much processor time a script may use. After that it is ended as by "
            "request_timeout. Time that it waits does not count: a script that computes can have "
            "a shorter limit than one that waits for a database. 0 sets no limit."},
    {.name = "sse_timeout",
     .flag = "sse-timeout",
     .environment = "SSE_TIMEOUT",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kDuration,
     .field = &Settings::sse_timeout,
     .default_text = "30m",
     .max = kDayMs,
     .doc = "Replaces request_timeout for a response of type text/event-stream."},
    {.name = "queue_capacity",
     .flag = "queue-capacity",
     .environment = "QUEUE_CAPACITY",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kCount,
     .field = &Settings::queue_capacity,
     .default_text = "0",
     .max = 1'000'000,
     .automatic = "100 per worker",
     .doc = "Requests that may wait for a worker; more are answered 503 at once."},
    {.name = "queue_timeout",
     .flag = "queue-timeout",
     .environment = "QUEUE_TIMEOUT_SECS",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kDuration,
     .field = &Settings::queue_timeout,
     .default_text = "30s",
     .min = 1,
     .max = kDayMs,
     .doc = "How long a request may wait for a worker before it is answered 503. If the queue is "
            "so long that a new request would wait longer, it is answered 503 at once."},
    {.name = "stall_timeout",
     .flag = "stall-timeout",
     .environment = "STALL_TIMEOUT_SECS",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kDuration,
     .field = &Settings::stall_timeout,
     .default_text = "30s",
     .max = kDayMs,
     .in_place = true,
     .doc = "If requests wait and no worker takes one for that long, /ready answers 503 and the "
            "log shows what each worker is doing, until one is taken. 0 disables this."},
};

}  // namespace

std::span<const Option> workers() { return kOptions; }

}  // namespace tusk::config::options
