// CrashRecord: what a server process that crashes leaves to its supervisor.
//
// It is in memory that both share, so it needs no reader while the process crashes, and it remains
// when the process is gone. The supervisor makes it (one for each process) and passes it as a
// descriptor, which the process closes as soon as it has mapped it: scripts cannot reach it. A
// process whose memory is damaged may have written anything into it, so the supervisor reads a copy
// in which every count and text has been limited.
//
// A worker process leaves one to the server in the same way, in the memory that these two share
// (exec/process/region.h). The server passes a copy on to the supervisor.
//
// Thread: see each function.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace tusk::base::process {

// The variable that names the record's descriptor for a server process.
inline constexpr const char* kCrashVariable = "TUSK_CRASH_FD";

// How far the handler came. A second fault inside it ends the process, and leaves what it had
// written before.
enum class CrashStage : std::uint32_t {
  kNone,      // no crash
  kFacts,     // the signal, the thread, the place
  kModules,   // the request and loaded files of code too
  kPhp,       // PHP's backtrace too, and the native one by frame pointers
  kComplete,  // the native backtrace by the libraries' tables too
};

struct CrashedRequest {
  std::uint64_t id;
  char method[24];
  char host[128];
  char path[512];  // without the query
  char script[512];
};

struct CrashedPhpFrame {
  char function[128];  // "Class::method", "{main}"
  char file[256];      // empty: a function of C
  std::uint32_t line;
};

struct CrashedNativeFrame {
  std::uint64_t address;
  std::int32_t module;  // an index, or -1
};

struct CrashedModule {
  std::uint64_t begin;  // of the executable segment
  std::uint64_t end;
  std::uint64_t base;  // what offsets are counted from
  char path[192];
  std::uint8_t build_id[20];
  std::uint32_t build_id_bytes;
};

// Plain data without pointers. Texts end with a NUL. It is cleared when it is made.
struct CrashRecord {
  static constexpr std::size_t kPhpFrames = 32;
  static constexpr std::size_t kNativeFrames = 64;
  static constexpr std::size_t kModules = 128;

  std::uint32_t stage;  // CrashStage
  std::int32_t signal;
  std::int32_t code;    // si_code
  std::int32_t sender;  // the process that sent the signal; 0: the processor raised it
  std::uint64_t address;
  std::uint32_t has_address;
  std::int32_t pid;
  std::int32_t tid;
  char thread[16];   // "tusk-worker-3"
  char cause[24];    // "SIGSEGV", "abort()"
  char detail[256];  // an assertion, or empty
  std::uint32_t has_request;
  CrashedRequest request;
  std::uint32_t php_count;
  CrashedPhpFrame php[kPhpFrames];
  std::uint32_t native_count;
  CrashedNativeFrame native[kNativeFrames];
  std::uint32_t module_count;
  CrashedModule modules[kModules];

  CrashStage reached() const { return static_cast<CrashStage>(stage); }
};

// The supervisor: makes an empty record whose size nobody can change.
Result<UniqueFd> make_crash_record();

// The server process: null if the descriptor is not a record. The mapping stays.
CrashRecord* map_crash_record(const UniqueFd& record);

// A copy that can be trusted to be well-formed. Null: the process has not crashed, or the
// descriptor is not that of a record, which any process can send. Never waits.
std::unique_ptr<CrashRecord> read_crash_record(const UniqueFd& record);
// The same of a record in memory that another process may still change.
std::unique_ptr<CrashRecord> copy_crash_record(const CrashRecord& shared);

// Puts a copy into a record that make_crash_record() has made.
Result<void> write_crash_record(const UniqueFd& record, const CrashRecord& content);

// Cuts a text that is too long. Async-signal-safe.
template <std::size_t size>
void copy_text(char (&to)[size], std::string_view text) {
  to[text.copy(to, size - 1)] = '\0';
}

// The text in an array of a record.
template <std::size_t size>
std::string_view text_of(const char (&text)[size]) {
  const std::string_view all(text, size);
  return all.substr(0, all.find('\0'));
}

}  // namespace tusk::base::process
