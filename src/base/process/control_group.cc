#include "base/process/control_group.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/process/parent_process.h"
#include "base/unique_fd.h"

namespace tusk::base::process {

namespace {

// The period in which a quota of processor time is counted: the kernel's default.
constexpr std::uint64_t kPeriodUs = 100'000;

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

// Returns errno, or 0. One write is one command.
int write_file(const std::string& path, const std::string& text) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file) return errno;
  return ::write(file.get(), text.data(), text.size()) < 0 ? errno : 0;
}

bool has_word(const std::string& text, std::string_view wanted) {
  std::istringstream words(text);
  return std::any_of(std::istream_iterator<std::string>(words), {},
                     [&](const std::string& word) { return word == wanted; });
}

std::vector<pid_t> processes_in(const std::string& directory) {
  std::istringstream numbers(read_file(directory + "/cgroup.procs"));
  return {std::istream_iterator<pid_t>(numbers), {}};
}

// The parts of "/a/b".
std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  std::istringstream text{std::string(path)};
  for (std::string part; std::getline(text, part, '/');) {
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

std::unexpected<Error> failed(const std::string& what, const std::string& directory, int error) {
  const bool is_denied = error == EACCES || error == EPERM || error == EROFS;
  return fail(fail_errno("cannot " + what + " the cgroup " + directory, error).error().message +
              (is_denied ? " (tusk must own it; in a unit of systemd: Delegate=yes and "
                           "ProtectControlGroups=no)"
                         : ""));
}

Result<void> make_directory(const std::string& directory) {
  if (::mkdir(directory.c_str(), 0755) == 0 || errno == EEXIST) return {};
  return failed("make", directory, errno);
}

bool descends_from(pid_t process, pid_t leader) {
  while (process > 0 && process != leader) process = parent_of(process);
  return process == leader;
}

// Moves tusk's own processes from `directory` to its group kMainGroup. Returns one that is not
// tusk's and stays; 0: there is none.
Result<pid_t> make_room(const std::string& directory, pid_t leader) {
  const std::string main = directory + "/" + std::string(ControlGroup::kMainGroup);
  if (const Result<void> made = make_directory(main); !made) return std::unexpected(made.error());
  pid_t stranger = 0;
  for (const pid_t process : processes_in(directory)) {
    if (!descends_from(process, leader)) {
      stranger = process;
      continue;
    }
    const int error = write_file(main + "/cgroup.procs", std::to_string(process));
    if (error != 0 && error != ESRCH) return failed("move tusk to", main, error);
  }
  return stranger;
}

// Gives the children of a group these controllers.
Result<void> delegate(const std::string& directory, const std::vector<std::string>& controllers,
                      pid_t leader) {
  constexpr int kMostAttempts = 5;  // a process may have been forked meanwhile
  for (const std::string& controller : controllers) {
    if (has_word(read_file(directory + "/cgroup.subtree_control"), controller)) continue;
    if (!has_word(read_file(directory + "/cgroup.controllers"), controller))
      return fail("the cgroup " + directory + " has no controller '" + controller +
                  "' (in a unit of systemd: Delegate=yes)");
    pid_t stranger = 0;
    int error = EBUSY;
    for (int attempt = 0; error == EBUSY && attempt < kMostAttempts; ++attempt) {
      error = write_file(directory + "/cgroup.subtree_control", "+" + controller);
      if (error != EBUSY) break;
      const Result<pid_t> left = make_room(directory, leader);
      if (!left) return std::unexpected(left.error());
      stranger = *left;
    }
    if (error == EBUSY && stranger != 0)
      return fail("the cgroup " + directory + " cannot have groups with limits below it: process " +
                  std::to_string(stranger) + " is in it, which is not tusk's");
    if (error != 0) return failed("divide", directory, error);
  }
  return {};
}

struct LimitFile {
  std::string controller;
  std::string name;
  std::string text;
  bool is_limit;  // false: the text takes an earlier limit away
};

std::string text_or(std::uint64_t limit, const char* none) {
  return limit != 0 ? std::to_string(limit) : none;
}

std::vector<LimitFile> limits_of_version_2(const ControlGroupSettings& settings) {
  const std::uint64_t quota = settings.cpu_percent * kPeriodUs / 100;
  return {
      {"memory", "memory.max", text_or(settings.memory_bytes, "max"), settings.memory_bytes != 0},
      {"cpu", "cpu.max", text_or(quota, "max") + " " + std::to_string(kPeriodUs), quota != 0},
      {"pids", "pids.max", text_or(settings.processes, "max"), settings.processes != 0}};
}

std::vector<LimitFile> limits_of_version_1(const ControlGroupSettings& settings) {
  const std::uint64_t quota = settings.cpu_percent * kPeriodUs / 100;
  return {{"memory", "memory.limit_in_bytes", text_or(settings.memory_bytes, "-1"),
           settings.memory_bytes != 0},
          {"cpu", "cpu.cfs_quota_us", text_or(quota, "-1"), quota != 0},
          {"pids", "pids.max", text_or(settings.processes, "max"), settings.processes != 0}};
}

Result<void> set_limit(const std::string& directory, const LimitFile& limit) {
  const std::string file = directory + "/" + limit.name;
  const int error = write_file(file, limit.text);
  if (error == 0 || !limit.is_limit) return {};
  return failed("set " + limit.name + " of", directory, error);
}

}  // namespace

ControlGroupTree ControlGroupTree::of_machine(pid_t leader) {
  return {.own = read_file("/proc/self/cgroup"), .leader = leader};
}

Result<ControlGroup> ControlGroup::make(const ControlGroupSettings& settings,
                                        const ControlGroupTree& tree) {
  ControlGroup group(settings);
  const bool is_version_2 = exists(tree.mount + "/cgroup.controllers");
  const Result<void> made = is_version_2 ? group.make_version_2(tree) : group.make_version_1(tree);
  if (!made) return std::unexpected(made.error());
  return group;
}

Result<void> ControlGroup::make_version_2(const ControlGroupTree& tree) {
  const std::vector<LimitFile> limits = limits_of_version_2(settings_);
  std::vector<std::string> controllers;
  for (const LimitFile& limit : limits) {
    if (limit.is_limit) controllers.push_back(limit.controller);
  }
  std::vector<std::string> path;
  if (!settings_.name.starts_with('/')) {
    path = parts_of(own_control_group(tree.own, {}));
    if (!path.empty() && path.back() == kMainGroup) path.pop_back();
  }
  std::string directory = tree.mount;
  for (const std::string& part : path) directory += "/" + part;
  // Groups above tusk's own are not made, but may lack a controller.
  const std::vector<std::string> below = parts_of(settings_.name);
  for (const std::string& part : below) {
    if (const Result<void> done = delegate(directory, controllers, tree.leader); !done) return done;
    directory += "/" + part;
    if (const Result<void> made = make_directory(directory); !made) return made;
  }
  for (const LimitFile& limit : limits) {
    if (const Result<void> set = set_limit(directory, limit); !set) return set;
  }
  directories_.push_back(std::move(directory));
  return {};
}

Result<void> ControlGroup::make_version_1(const ControlGroupTree& tree) {
  for (const LimitFile& limit : limits_of_version_1(settings_)) {
    // Without limits it only shows what its processes use.
    if (settings_.limits_any() && !limit.is_limit) continue;
    std::string directory = tree.mount + "/" + limit.controller;
    if (!exists(directory + "/cgroup.procs")) {
      if (!limit.is_limit) continue;
      return fail("the kernel has no cgroup controller '" + limit.controller + "'");
    }
    if (!settings_.name.starts_with('/')) {
      const std::string own = own_control_group(tree.own, limit.controller);
      // A container may see its own group as the root, under the name that it has outside.
      if (own != "/" && exists(directory + own + "/cgroup.procs")) directory += own;
    }
    for (const std::string& part : parts_of(settings_.name)) {
      directory += "/" + part;
      if (const Result<void> made = make_directory(directory); !made) return made;
    }
    if (const Result<void> set = set_limit(directory, limit); !set) return set;
    directories_.push_back(std::move(directory));
  }
  if (directories_.empty()) return fail("the kernel has no cgroups at " + tree.mount);
  return {};
}

Result<void> ControlGroup::add(pid_t process) const {
  for (const std::string& directory : directories_) {
    const int error = write_file(directory + "/cgroup.procs", std::to_string(process));
    if (error != 0) return failed("put a process into", directory, error);
  }
  return {};
}

std::vector<pid_t> ControlGroup::members() const { return processes_in(directories_.front()); }

// Reads the file from the controller that has it.
std::string ControlGroup::content_of(std::string_view file) const {
  for (const std::string& directory : directories_) {
    const std::string path = directory + "/" + std::string(file);
    if (exists(path)) return read_file(path);
  }
  return {};
}

std::optional<std::uint64_t> ControlGroup::oom_kills() const {
  const std::optional<std::uint64_t> kills = parse_oom_kills(content_of("memory.events"));
  return kills ? kills : parse_oom_kills(content_of("memory.oom_control"));
}

bool ControlGroup::is_full() const {
  std::uint64_t current = 0;
  std::istringstream(content_of("pids.current")) >> current;
  return settings_.processes != 0 && current + 2 > settings_.processes;
}

bool ControlGroup::kill_all() const {
  // The kernel kills what is in the groups below it as well.
  std::error_code error;
  std::filesystem::directory_iterator entry(path(), error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (entry->is_directory(error)) return false;
  }
  return !error && write_file(path() + "/cgroup.kill", "1") == 0;
}

void ControlGroup::remove() const {
  for (const std::string& directory : directories_) ::rmdir(directory.c_str());
}

// Lines are "0::/path" (version 2) or "4:cpu,cpuacct:/path" (version 1).
std::string own_control_group(std::string_view text, std::string_view controller) {
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string names = line.substr(first + 1, second - first - 1);
    const bool is_it = controller.empty()
                           ? names.empty()
                           : ("," + names + ",").contains("," + std::string(controller) + ",");
    if (is_it) return line.substr(second + 1);
  }
  return "/";
}

std::optional<std::uint64_t> parse_oom_kills(std::string_view text) {
  constexpr std::string_view kName = "oom_kill ";
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() < text.size() ? line.size() + 1 : text.size());
    if (!line.starts_with(kName)) continue;
    std::uint64_t count = 0;
    const char* const end = line.data() + line.size();
    const auto parsed = std::from_chars(line.data() + kName.size(), end, count);
    if (parsed.ec == std::errc() && parsed.ptr == end) return count;
  }
  return std::nullopt;
}

}  // namespace tusk::base::process
