#include "supervisor/crash/report_child.h"

#include <charconv>
#include <csignal>
#include <map>
#include <memory>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/process/acting_user.h"
#include "base/process/sanitizer_build.h"
#include "observe/log.h"
#include "supervisor/crash/crash_files.h"
#include "supervisor/crash/elf_symbols.h"

namespace tusk::supervisor::crash {

namespace {

using base::process::CrashedModule;
using base::process::CrashedNativeFrame;
using base::process::CrashRecord;
using base::process::text_of;

constexpr unsigned kSeconds = 5;
constexpr rlim_t kMostMemory = rlim_t{2} << 30;
constexpr int kPipe = 3;
// The new server process comes first.
constexpr int kNiceness = 10;

// Lines of an answer: a letter, a blank, and a text.
constexpr std::string_view kName = "N ";   // "N 3 zend_hash_find+0x12"
constexpr std::string_view kFile = "F ";   // the path of the file
constexpr std::string_view kError = "E ";  // why there is none

void write_line(std::string line) {
  for (char& character : line) {
    if (character == '\n') character = ' ';
  }
  line += '\n';
  (void)!::write(kPipe, line.data(), line.size());
}

// With the rights of the process that has crashed: a script in it may have written any path.
void find_names(CrashReport& report) {
  const base::process::ActingUser acting(report.user);
  const CrashRecord& record = *report.record;
  std::map<int, std::unique_ptr<ElfSymbols>> files;
  report.names.resize(record.native_count);
  for (std::uint32_t i = 0; i < record.native_count; ++i) {
    const CrashedNativeFrame& frame = record.native[i];
    if (frame.module < 0) continue;
    const CrashedModule& module = record.modules[frame.module];
    std::unique_ptr<ElfSymbols>& symbols = files[frame.module];
    if (symbols == nullptr) {
      symbols =
          std::make_unique<ElfSymbols>(std::string(text_of(module.path)),
                                       std::span(module.build_id).first(module.build_id_bytes));
    }
    // A return address is behind the call, which may be the last instruction of its function.
    const std::uint64_t address = frame.address - module.base - (i == 0 ? 0 : 1);
    report.names[i] = symbols->name_at(address);
    if (!report.names[i].empty()) write_line(fmt::format("{}{} {}", kName, i, report.names[i]));
  }
}

void limit_child() {
  for (int signal = 1; signal < NSIG; ++signal) std::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::alarm(kSeconds);
  const rlimit no_core{.rlim_cur = 0, .rlim_max = 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  // A sanitizer has reserved terabytes of addresses.
  const rlimit memory{.rlim_cur = kMostMemory, .rlim_max = kMostMemory};
  if (!TUSK_SANITIZER_BUILD) ::setrlimit(RLIMIT_AS, &memory);
  (void)!::nice(kNiceness);
}

[[noreturn]] void answer(const CrashReport& of, int pipe) {
  limit_child();
  // The listening sockets and control channels are the supervisor's.
  if (::dup2(pipe, kPipe) < 0) ::_exit(1);
  ::close_range(kPipe + 1, ~0U, 0);
  CrashReport report{.record = std::make_unique<CrashRecord>(*of.record),
                     .pid = of.pid,
                     .generation = of.generation,
                     .status = of.status,
                     .directory = of.directory,
                     .user = of.user,
                     .names = {},
                     .file = {},
                     .why_no_file = {},
                     .running = of.running,
                     .worker = of.worker};
  find_names(report);
  if (!report.directory.empty()) {
    const base::Result<std::string> file =
        write_crash_file(report.directory, report.pid, full_text(report));
    write_line(file ? std::string(kFile) + *file : std::string(kError) + file.error().message);
  }
  ::_exit(0);
}

}  // namespace

base::UniqueFd start_report_child(const CrashReport& report) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {};
  base::UniqueFd reader(ends[0]);
  const base::UniqueFd writer(ends[1]);
  ::fcntl(reader.get(), F_SETFL, O_NONBLOCK);
  // A handler of the supervisor must not run in the child.
  sigset_t every;
  sigset_t before;
  sigfillset(&every);
  ::sigprocmask(SIG_SETMASK, &every, &before);
  const pid_t pid = ::fork();
  if (pid == 0) answer(report, writer.get());
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  return pid > 0 ? std::move(reader) : base::UniqueFd();
}

void take_answer(CrashReport& report, std::string_view answer) {
  report.names.resize(report.record->native_count);
  for (std::size_t end = 0; (end = answer.find('\n')) != std::string_view::npos;
       answer.remove_prefix(end + 1)) {
    std::string_view line = answer.substr(0, end);
    if (line.starts_with(kFile)) report.file = line.substr(kFile.size());
    if (line.starts_with(kError)) observe::error(line.substr(kError.size()));
    if (!line.starts_with(kName)) continue;
    line.remove_prefix(kName.size());
    std::size_t frame = 0;
    const auto parsed = std::from_chars(line.data(), line.data() + line.size(), frame);
    line.remove_prefix(static_cast<std::size_t>(parsed.ptr - line.data()));
    if (frame < report.names.size() && line.starts_with(' ')) report.names[frame] = line.substr(1);
  }
}

}  // namespace tusk::supervisor::crash
