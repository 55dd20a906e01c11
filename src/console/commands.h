// The operator's commands. All but `init` and `doctor` talk to a running tusk.
//
// Thread: any; constant data.
#pragma once

#include <string_view>

namespace tusk::console {

struct Command {
  std::string_view word;     // as it is typed, and as the control socket's protocol has it
  std::string_view usage;    // for `tusk --help`
  std::string_view doc;      // one line, for the same
  std::string_view details;  // for the command's own --help
  bool has_json = false;
  bool has_no_wait = false;
  bool has_backtrace = false;
  bool has_pool = false;
  bool has_once = false;
  bool has_new_generation = false;
  bool has_php = false;
  bool has_profile_options = false;
};

inline constexpr Command kCommands[] = {
    {.word = "reload",
     .usage = "tusk reload [--new-generation | --php]",
     .doc = "tell a running tusk to read its configuration again",
     .details = "Reads the configuration file, the certificates and php.ini again, as SIGHUP does, "
                "without losing a request. Waits until the new server processes serve. If "
                "something is wrong it says what, nothing changes, and the exit status is 1. If "
                "only options differ that change in place (docs/configuration.md), the server "
                "processes take them over and stay; with --new-generation new ones start in any "
                "case. With --php it starts PHP anew, after an update of PHP, an extension or "
                "php.ini: if worker processes run the scripts (engine), only these are replaced, "
                "and connections stay; the configuration is not read. With threads it is the same "
                "as --new-generation.",
     .has_new_generation = true,
     .has_php = true},
    {.word = "status",
     .usage = "tusk status [--json]",
     .doc = "show what a running tusk does",
     .details =
         "Shows the state of a running tusk: version, addresses, generations, and of each server "
         "process how many of its workers are busy and how many requests it has answered. "
         "The exit status is 1 if tusk does not run.",
     .has_json = true},
    {.word = "ready",
     .usage = "tusk ready",
     .doc = "say whether a running tusk accepts requests",
     .details = "Asks a running tusk what /ready of its internal server answers, also where "
                "internal_addr is off. Prints ready, with exit status 0, or the reason, with exit "
                "status 1: starting, draining, stalled, lost or down. It is the health check of a "
                "container."},
    {.word = "workers",
     .usage = "tusk workers [--json] [--backtrace] [--pool NAME]",
     .doc = "show what each PHP worker of a running tusk does",
     .details = "Shows each worker of each server process: its state, the request that it runs "
                "(path without query; in parentheses the last one) and for how long, its requests, "
                "the memory peak of the last one, the client, the script if the terminal is wide, "
                "and its last fatal error. With --backtrace also where in PHP each running script "
                "is now. The scripts go on. With --pool only the workers of that pool. The exit "
                "status is 1 if no server process answers.",
     .has_json = true,
     .has_backtrace = true,
     .has_pool = true},
    {.word = "top",
     .usage = "tusk top [--once]",
     .doc = "watch a running tusk",
     .details =
         "Shows once a second: requests per second by status, latencies and waiting times of the "
         "last second, the queue, workers, memory and CPU time, and the workers that run a request "
         "now, the slowest first. Keys: the arrows select a worker, b shows its PHP backtrace, s "
         "sorts by time, memory or requests, p pauses, q quits. With --once, or without a "
         "terminal, it prints one picture. The exit status is 1 when tusk ends.",
     .has_once = true},
    {.word = "profile",
     .usage = "tusk profile [--seconds N]",
     .doc = "measure what the scripts of a running tusk spend their time in",
     .details =
         "Looks at the workers of all server processes 99 times a second, for 30 seconds, while "
         "they go on, and writes which PHP functions the time was spent in: wall-clock time, with "
         "what the functions wait for, and CPU time. Ctrl-C ends it early, and what was measured "
         "is written. The exit status is 1 if no server process has answered.",
     .has_pool = true,
     .has_profile_options = true},
    // It writes a configuration: console/init/ has all of it.
    {.word = "init",
     .usage = "tusk init [--root DIR] [--host NAME]",
     .doc = "write a configuration for an application",
     .details = {}},
    // It starts a server process of its own: console/doctor/ has all of it.
    {.word = "doctor",
     .usage = "tusk doctor resident|rewind [options]",
     .doc = "find what requests leave behind, or what rewinding changes",
     .details = {}},
    {.word = "stop",
     .usage = "tusk stop [--no-wait]",
     .doc = "tell a running tusk to finish its requests and end",
     .details =
         "Tells a running tusk to drain, as SIGTERM does, and waits until it has ended; with "
         "--no-wait it does not wait. The exit status is 1 if requests were cut off.",
     .has_no_wait = true},
    {.word = "upgrade",
     .usage = "tusk upgrade",
     .doc = "tell a running tusk to change to the programs on the disk",
     .details = "Changes to the tusk and tusk-server that are on the disk now, as SIGUSR2 does, "
                "without losing a request and without another process id. If the new programs do "
                "not work, it says why, the old ones go on, and the exit status is 1."},
    {.word = "reopen-logs",
     .usage = "tusk reopen-logs",
     .doc = "tell a running tusk to open its log files again",
     .details =
         "Tells the supervisor and the server processes to open log_file and access_log_file "
         "again, as SIGUSR1 does. Call it after the files were renamed."},
};

}  // namespace tusk::console
