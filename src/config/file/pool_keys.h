// The keys of a [[pool]].
//
// Thread: any; constant data.
#pragma once

#include <string_view>
#include <utility>

namespace tusk::config::file {

inline constexpr std::string_view kPoolKeys[] = {"name",
                                                 "script",
                                                 "match",
                                                 "workers",
                                                 "min",
                                                 "max",
                                                 "cooling",
                                                 "queue",
                                                 "queue_timeout",
                                                 "request_timeout",
                                                 "request_cpu_timeout",
                                                 "max_requests",
                                                 "max_memory",
                                                 "env",
                                                 "php",
                                                 "warm_up",
                                                 "mode",
                                                 "engine",
                                                 "php_host",
                                                 "user",
                                                 "group",
                                                 "cgroup",
                                                 "cgroup_memory_max",
                                                 "cgroup_cpu_max",
                                                 "cgroup_pids_max",
                                                 "seccomp",
                                                 "chroot"};
// The names of the process-wide options.
inline constexpr std::pair<std::string_view, std::string_view> kOtherPoolNames[] = {
    {"php_workers", "workers"},
    {"queue_capacity", "queue"},
    {"queue_size", "queue"},
    {"request_terminate_timeout", "request_timeout"},
    {"worker_max_requests", "max_requests"},
    {"worker_memory_limit", "max_memory"},
    {"path", "match"},
    {"min_workers", "min"},
    {"max_workers", "max"},
    {"environment", "env"},
    {"file", "script"},
    {"num", "workers"},
    {"resident", "script"},
    {"boot", "script"},
    {"resident_mode", "mode"},
    {"worker_user", "user"},
    {"worker_group", "group"},
    {"worker_cgroup", "cgroup"},
    {"worker_cgroup_memory_max", "cgroup_memory_max"},
    {"memory_max", "cgroup_memory_max"},
    {"worker_cgroup_cpu_max", "cgroup_cpu_max"},
    {"cpu_max", "cgroup_cpu_max"},
    {"cpu_quota", "cgroup_cpu_max"},
    {"worker_cgroup_pids_max", "cgroup_pids_max"},
    {"pids_max", "cgroup_pids_max"},
    {"tasks_max", "cgroup_pids_max"},
    {"worker_seccomp", "seccomp"},
    {"worker_chroot", "chroot"},
};

}  // namespace tusk::config::file
