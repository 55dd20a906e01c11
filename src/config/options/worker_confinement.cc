// The options that confine worker processes: cgroup, seccomp, chroot.
#include "config/options/choice.h"
#include "config/options/sections.h"
#include "config/options/unit.h"

namespace tusk::config::options {
namespace {

constexpr Choice kSeccomp[] = {
    choice("off", Seccomp::kOff),
    choice("default", Seccomp::kDefault),
    choice("no-exec", Seccomp::kNoExec),
};

constexpr Option kOptions[] = {
    {.name = "worker_cgroup",
     .flag = "worker-cgroup",
     .environment = "WORKER_CGROUP",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kString,
     .field = &Settings::worker_cgroup,
     .default_text = "",
     .max = 255,
     .placeholder = "NAME",
     .doc =
         "The cgroup of worker processes: a name below tusk's own cgroup, or a path from the "
         "root of cgroups, such as /tusk/php. Where it cannot be made, tusk does not start. With "
         "one of the limits below and no name it is 'workers'. A pool may have its own."},
    {.name = "worker_cgroup_memory_max",
     .flag = "worker-cgroup-memory-max",
     .environment = "WORKER_CGROUP_MEMORY_MAX",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kBytes,
     .field = &Settings::worker_cgroup_memory_max,
     .default_text = "0",
     .max = kTiB,
     .doc = "Memory of all processes in that cgroup together, OPcache and files in the page cache "
            "included. Beyond it the kernel kills a worker, which costs its request. 0 sets no "
            "limit."},
    {.name = "worker_cgroup_cpu_max",
     .flag = "worker-cgroup-cpu-max",
     .environment = "WORKER_CGROUP_CPU_MAX",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kCount,
     .field = &Settings::worker_cgroup_cpu_max,
     .default_text = "0",
     .max = 1'000'000,
     .doc = "Processor time of all processes in that cgroup together, in percent of one processor: "
            "150 is one and a half. Beyond it they wait. 0 sets no limit."},
    {.name = "worker_cgroup_pids_max",
     .flag = "worker-cgroup-pids-max",
     .environment = "WORKER_CGROUP_PIDS_MAX",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kCount,
     .field = &Settings::worker_cgroup_pids_max,
     .default_text = "0",
     .max = 4'194'304,
     .doc = "Processes and threads in that cgroup: the PHP host, workers, and programs that "
            "scripts start. Beyond it none can be started. 0 sets no limit."},
    {.name = "worker_seccomp",
     .flag = "worker-seccomp",
     .environment = "WORKER_SECCOMP",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kChoice,
     .field = &Settings::worker_seccomp,
     .default_text = "off",
     .choices = kSeccomp,
     .placeholder = "FILTER",
     .doc = "System calls that worker processes and their programs may not make. default: those "
            "that PHP never needs, such as mount, ptrace and bpf; setuid programs lose their "
            "effect. no-exec: also programs, so that exec(), proc_open() and mail() fail. Denied "
            "calls fail with EPERM."},
    {.name = "worker_chroot",
     .flag = "worker-chroot",
     .environment = "WORKER_CHROOT",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kPath,
     .field = &Settings::worker_chroot,
     .default_text = "",
     .placeholder = "DIR",
     .doc = "The root directory of worker processes, with the document root in it. Needs "
            "worker_user or user, and CAP_SYS_CHROOT. Scripts see their paths without it."},
};

}  // namespace

std::span<const Option> worker_confinement() { return kOptions; }

}  // namespace tusk::config::options
