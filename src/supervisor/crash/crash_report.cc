#include "supervisor/crash/crash_report.h"

#include <csignal>
#include <cstring>
#include <ctime>
#include <initializer_list>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <sys/wait.h>

#include "observe/escape.h"
#include "observe/log.h"

namespace tusk::supervisor::crash {

namespace {

using base::process::CrashedModule;
using base::process::CrashedNativeFrame;
using base::process::CrashedPhpFrame;
using base::process::CrashRecord;
using base::process::text_of;

std::string hexadecimal(std::uint64_t value) { return fmt::format("0x{:x}", value); }

std::string escaped(std::string_view text) {
  std::string out;
  observe::append_text_escaped(out, text);
  return out;
}

const CrashedModule* module_of(const CrashRecord& record, const CrashedNativeFrame& frame) {
  return frame.module < 0 ? nullptr : &record.modules[frame.module];
}

std::string_view file_name(const CrashedModule& module) {
  const std::string_view path = text_of(module.path);
  return path.substr(path.rfind('/') + 1);
}

std::string php_frame_text(const CrashedPhpFrame& frame) {
  const std::string function = escaped(text_of(frame.function)) + "()";
  if (frame.file[0] == '\0') return function;
  return fmt::format("{} {}:{}", function, escaped(text_of(frame.file)), frame.line);
}

// The innermost line of PHP code.
std::string php_place(const CrashRecord& record) {
  for (std::uint32_t i = 0; i < record.php_count; ++i) {
    const CrashedPhpFrame& frame = record.php[i];
    if (frame.file[0] != '\0') return fmt::format("{}:{}", text_of(frame.file), frame.line);
  }
  return {};
}

std::string native_text(const CrashReport& report) {
  std::string text;
  for (std::uint32_t i = 0; i < report.record->native_count; ++i) {
    text += (i == 0 ? "" : " ") + native_frame_text(report, i);
  }
  return text;
}

// "SEGV_MAPERR", "sent by process 12", the text of an assertion.
std::string detail_text(const CrashRecord& record) {
  std::string text = record.signal != 0 ? code_name(record.signal, record.code) : std::string();
  if (record.sender != 0) {
    text = record.sender == record.pid ? "sent by the process itself"
                                       : fmt::format("sent by process {}", record.sender);
  }
  const std::string_view more = text_of(record.detail);
  if (!more.empty()) text += (text.empty() ? "" : ", ") + std::string(more);
  return text.empty() ? "none" : text;
}

std::string how_ended(const CrashReport& report) {
  if (WIFSIGNALED(report.status)) {
    return fmt::format("signal SIG{}{}", ::sigabbrev_np(WTERMSIG(report.status)),
                       WCOREDUMP(report.status) ? ", core dumped" : "");
  }
  return fmt::format("exit status {}", WEXITSTATUS(report.status));
}

// "worker 2 of the pool shop, "
std::string worker_text(const WorkerName& worker) {
  const std::string pool = worker.pool.empty() ? "" : " of the pool " + escaped(worker.pool);
  return fmt::format("worker {}{}, ", worker.number, pool);
}

std::string build_id(const CrashedModule& module) {
  std::string text;
  for (std::uint32_t i = 0; i < module.build_id_bytes; ++i) {
    text += fmt::format("{:02x}", module.build_id[i]);
  }
  return text;
}

}  // namespace

std::string code_name(int signal, int code) {
  if (code == SI_USER) return "SI_USER";
  if (code == SI_TKILL) return "SI_TKILL";
  if (code == SI_QUEUE) return "SI_QUEUE";
  if (code == SI_KERNEL) return "SI_KERNEL";
  if (signal == SIGSEGV && code == SEGV_MAPERR) return "SEGV_MAPERR";
  if (signal == SIGSEGV && code == SEGV_ACCERR) return "SEGV_ACCERR";
  if (signal == SIGBUS && code == BUS_ADRALN) return "BUS_ADRALN";
  if (signal == SIGBUS && code == BUS_ADRERR) return "BUS_ADRERR";
  if (signal == SIGFPE && code == FPE_INTDIV) return "FPE_INTDIV";
  if (signal == SIGILL && code == ILL_ILLOPN) return "ILL_ILLOPN";
  return std::to_string(code);
}

std::string native_frame_text(const CrashReport& report, std::size_t frame) {
  const CrashRecord& record = *report.record;
  const CrashedNativeFrame& native = record.native[frame];
  const CrashedModule* const module = module_of(record, native);
  if (module == nullptr) return hexadecimal(native.address);
  std::string text =
      fmt::format("{}+{}", escaped(file_name(*module)), hexadecimal(native.address - module->base));
  const std::string_view name =
      frame < report.names.size() ? std::string_view(report.names[frame]) : std::string_view();
  if (!name.empty()) text += " (" + escaped(name) + ")";
  return text;
}

std::string php_text(const CrashRecord& record) {
  std::string text;
  for (std::uint32_t i = 0; i < record.php_count; ++i) {
    text += (i == 0 ? "" : " ") + php_frame_text(record.php[i]);
  }
  return text;
}

void log_crash(const CrashReport& report) {
  const CrashRecord& record = *report.record;
  std::string message =
      report.worker ? "a worker process has crashed" : "a server process has crashed";
  if (!report.file.empty()) message += ", see " + report.file;
  const std::string detail = detail_text(record);
  const std::string address = record.has_address != 0 ? hexadecimal(record.address) : "none";
  const std::string running = report.running.short_text();
  const std::string backtrace = native_text(report);
  const std::string at = php_place(record);
  const std::string php_backtrace = php_text(record);
  std::vector<observe::Field> fields{{"pid", report.pid}, {"generation", report.generation}};
  const auto add = [&](std::initializer_list<observe::Field> more) {
    fields.insert(fields.end(), more);
  };
  if (report.worker) add({{"worker", report.worker->number}});
  if (report.worker && !report.worker->pool.empty()) add({{"pool", report.worker->pool}});
  add({{"cause", text_of(record.cause)},
       {"detail", detail},
       {"address", address},
       {"thread", text_of(record.thread)},
       {"tid", record.tid}});
  if (record.has_request != 0) {
    add({{"request", record.request.id},
         {"method", text_of(record.request.method)},
         {"host", text_of(record.request.host)},
         {"path", text_of(record.request.path)},
         {"script", text_of(record.request.script)}});
    if (report.worker) add({{"request_id", report.worker->request_id}});
  }
  // A script also runs while it boots.
  if (record.has_request != 0 || record.php_count != 0)
    add({{"at", at}, {"php_backtrace", php_backtrace}});
  if (!report.worker) add({{"busy_workers", report.running.count()}, {"running", running}});
  add({{"backtrace", backtrace}});
  if (report.file.empty() && !report.why_no_file.empty()) add({{"no_report", report.why_no_file}});
  observe::log(observe::Level::kError, message, fields);
}

std::string full_text(const CrashReport& report) {
  const CrashRecord& record = *report.record;
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::string out = fmt::format("tusk {} crash report, {:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z\n\n",
                                TUSK_VERSION, utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                                utc.tm_hour, utc.tm_min, utc.tm_sec);
  const auto line = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) out += fmt::format("{:<12}{}\n", name, value);
  };
  line("process", fmt::format("{} of generation {}, {}ended by {}", report.pid, report.generation,
                              report.worker ? worker_text(*report.worker) : "", how_ended(report)));
  line("cause", escaped(text_of(record.cause)));
  line("detail", escaped(detail_text(record)));
  if (record.has_address != 0) line("address", hexadecimal(record.address));
  line("thread", fmt::format("{} (tid {})", escaped(text_of(record.thread)), record.tid));
  if (record.has_request != 0) {
    line("request",
         fmt::format("{} {} {}{}", record.request.id, escaped(text_of(record.request.method)),
                     escaped(text_of(record.request.host)), escaped(text_of(record.request.path))));
    line("script", escaped(text_of(record.request.script)));
    if (report.worker) line("request id", escaped(report.worker->request_id));
  }
  if (!report.worker) out += "\nRequests that ran\n" + report.running.full_text();
  out += "\nPHP backtrace\n";
  for (std::uint32_t i = 0; i < record.php_count; ++i) {
    out += fmt::format("  #{} {}\n", i, php_frame_text(record.php[i]));
  }
  out += "\nNative backtrace\n";
  for (std::uint32_t i = 0; i < record.native_count; ++i) {
    out += fmt::format("  #{} {} {}\n", i, hexadecimal(record.native[i].address),
                       native_frame_text(report, i));
  }
  out += "\nLoaded code: range, base, build ID, file\n";
  for (std::uint32_t i = 0; i < record.module_count; ++i) {
    const CrashedModule& module = record.modules[i];
    out += fmt::format("  {:x}-{:x} {:x} {} {}\n", module.begin, module.end, module.base,
                       module.build_id_bytes != 0 ? build_id(module) : "-",
                       escaped(text_of(module.path)));
  }
  return out;
}

}  // namespace tusk::supervisor::crash
