#include "console/profile/profile_command.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "console/profile/collection.h"

namespace tusk::console::profile {

namespace {

constexpr std::string_view kStandardOutput = "-";

int failed(const std::string& message) {
  std::fprintf(stderr, "tusk: %s\n", message.c_str());
  return 1;
}

// Where the profile goes. The file is opened before anything is measured, and changed afterwards.
class Output {
 public:
  static base::Result<Output> open(const ProfileOptions& options) {
    Output output;
    output.name_ = options.output;
    if (output.name_.empty()) {
      output.name_ = ::isatty(STDOUT_FILENO) != 0 ? default_name(options) : kStandardOutput;
    }
    if (output.is_standard_output()) {
      const bool is_binary = options.format == observe::profile::Format::kPprof;
      if (is_binary && ::isatty(STDOUT_FILENO) != 0) {
        return base::fail("pprof's format is binary: write it to a file with --output FILE");
      }
      return output;
    }
    const char* const path = output.name_.c_str();
    constexpr mode_t kMode = 0666;  // less the umask
    output.file_ = base::UniqueFd(::open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kMode));
    output.is_new_ = static_cast<bool>(output.file_);
    if (!output.file_) output.file_ = base::UniqueFd(::open(path, O_WRONLY | O_CLOEXEC));
    if (!output.file_) return base::fail_errno("cannot write " + output.name_, errno);
    return output;
  }

  bool is_standard_output() const { return name_ == kStandardOutput; }
  const std::string& name() const { return name_; }

  // Nothing was measured: leaves no empty file.
  void give_up() {
    if (is_new_) (void)::unlink(name_.c_str());
  }

  base::Result<void> write(std::string_view text) {
    const int fd = is_standard_output() ? STDOUT_FILENO : file_.get();
    // A device has no length.
    struct stat status{};
    const bool is_file = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    if (file_ && is_file && ::ftruncate(fd, 0) != 0) return base::fail_errno(name_, errno);
    while (!text.empty()) {
      const ssize_t count = ::write(fd, text.data(), text.size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return base::fail_errno("cannot write " + name_, errno);
      text.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
  }

 private:
  static std::string default_name(const ProfileOptions& options) {
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    ::localtime_r(&now, &local);
    std::array<char, 64> name{};
    std::strftime(name.data(), name.size(), "tusk-profile-%Y%m%dT%H%M%S", &local);
    return std::string(name.data()) +
           std::string(observe::profile::facts_of(options.format).file_ending);
  }

  std::string name_;
  base::UniqueFd file_;
  bool is_new_ = false;
};

// Ctrl-C and SIGTERM as a descriptor. They wait while nothing reads it.
base::UniqueFd interrupts() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  (void)::sigprocmask(SIG_BLOCK, &signals, nullptr);
  return base::UniqueFd(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
}

double seconds_of(std::uint64_t ns) { return static_cast<double>(ns) / 1e9; }

std::string summary(const observe::profile::Profile& profile) {
  const observe::profile::Cost total = profile.tree.total();
  return fmt::format(
      "{:.1f} s: {} samples of {} server process{}, {:.2f} s of wall-clock time, "
      "{:.2f} s of CPU time",
      profile.seconds, profile.samples, profile.processes, profile.processes == 1 ? "" : "es",
      seconds_of(total.wall_ns), seconds_of(total.cpu_ns));
}

}  // namespace

int run(const std::string& control_socket, const ProfileOptions& options) {
  const base::UniqueFd signals = interrupts();
  Collection collection(control_socket, options);
  base::Result<Output> output = Output::open(options);
  if (!output) return failed(output.error().message);
  const base::Result<std::size_t> begun = collection.begin();
  if (!begun) {
    output->give_up();
    return failed(begun.error().message);
  }
  if (*begun > 0) {
    std::fprintf(stderr, "tusk: measures %zu server process%s for %g s; Ctrl-C ends it early\n",
                 *begun, *begun == 1 ? "" : "es", options.seconds);
  }
  collection.wait(signals.get());
  for (const std::string& problem : collection.problems()) (void)failed(problem);
  std::optional<observe::profile::Profile> profile = collection.take();
  if (!profile) {
    output->give_up();
    return failed("nothing was measured");
  }
  for (const std::string& note : notes_of(*profile)) (void)failed(note);
  for (const std::string& problem : collection.problems()) profile->notes.push_back(problem);
  const auto written =
      output->write(observe::profile::render(*profile, options.format, options.clock));
  if (!written) return failed(written.error().message);
  std::fprintf(stderr, "tusk: %s\n", summary(*profile).c_str());
  if (!output->is_standard_output()) std::printf("%s\n", output->name().c_str());
  return 0;
}

}  // namespace tusk::console::profile
