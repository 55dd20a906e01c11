#include "observe/crash/crash_recorder.h"

#include <atomic>
#include <cstring>

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "observe/crash/module_map.h"
#include "observe/crash/native_frames.h"

namespace tusk::observe::crash {

namespace {

using base::process::copy_text;
using base::process::CrashedModule;
using base::process::CrashRecord;
using base::process::CrashStage;

constexpr int kTimeoutMs = 2000;

std::atomic<CrashRecord*> shared_record{nullptr};
// The thread that has the record; 0: none has crashed.
std::atomic<int> recorded_thread{0};

int thread_id() noexcept { return static_cast<int>(::syscall(SYS_gettid)); }

// The compiler must not delay what was written before.
void reach(CrashRecord& record, CrashStage stage) noexcept {
  std::atomic_ref(record.stage).store(static_cast<std::uint32_t>(stage), std::memory_order_release);
}

void write_request(CrashRecord& record, const ScriptFacts& script) noexcept {
  record.request.id = script.request;
  copy_text(record.request.method, script.method);
  copy_text(record.request.host, script.host);
  copy_text(record.request.path, script.path);
  copy_text(record.request.script, script.script);
  record.has_request = 1;
}

void write_facts(CrashRecord& record, const CrashFacts& facts, const CrashSignal& signal) noexcept {
  record.signal = signal.number;
  record.code = signal.code;
  record.sender = signal.sender;
  record.address = facts.address;
  record.has_address = facts.has_address ? 1 : 0;
  record.pid = ::getpid();
  record.tid = thread_id();
  ::prctl(PR_GET_NAME, record.thread);
  copy_text(record.cause, facts.cause);
  record.native[0] = {.address = facts.at.code, .module = -1};
  record.native_count = 1;
}

void write_modules(CrashRecord& record) noexcept {
  std::uint32_t count = 0;
  for (const CodeModule& module : ModuleMap::all()) {
    if (count == CrashRecord::kModules) break;
    CrashedModule& out = record.modules[count++];
    out.begin = module.begin;
    out.end = module.end;
    out.base = module.base;
    copy_text(out.path, module.path);
    static_assert(sizeof(out.build_id) == sizeof(module.build_id));
    std::memcpy(out.build_id, module.build_id, sizeof(out.build_id));
    out.build_id_bytes = module.build_id_bytes;
  }
  record.module_count = count;
}

void write_native_frames(CrashRecord& record, std::span<const std::uintptr_t> frames) noexcept {
  const CodeModule* const first = ModuleMap::all().data();
  std::uint32_t count = 0;
  for (const std::uintptr_t address : frames) {
    if (count == CrashRecord::kNativeFrames) break;
    // A return address is behind the call, which may be the last instruction of its function.
    const CodeModule* const module = ModuleMap::find(count == 0 ? address : address - 1);
    const auto index = module != nullptr ? static_cast<std::int32_t>(module - first) : -1;
    record.native[count++] = {.address = address, .module = index};
  }
  record.native_count = count;
}

// False: another thread is being recorded, or was.
bool take_record(const CrashRecord& record) noexcept {
  constexpr timespec kMoment{.tv_sec = 0, .tv_nsec = 1'000'000};
  for (int i = 0; i < kTimeoutMs; ++i) {
    int nobody = 0;
    if (recorded_thread.compare_exchange_strong(nobody, thread_id())) return true;
    const auto stage =
        std::atomic_ref(const_cast<std::uint32_t&>(record.stage)).load(std::memory_order_acquire);
    if (stage == static_cast<std::uint32_t>(CrashStage::kComplete)) return false;
    ::clock_nanosleep(CLOCK_MONOTONIC, 0, &kMoment, nullptr);
  }
  return false;
}

}  // namespace

void record_crashes_in(CrashRecord* record) noexcept { shared_record.store(record); }

void begin_record(const CrashFacts& facts, const CrashSignal& signal) noexcept {
  CrashRecord* const record = shared_record.load();
  if (record == nullptr || !take_record(*record)) return;
  write_facts(*record, facts, signal);
  reach(*record, CrashStage::kFacts);
}

void drop_record() noexcept {
  CrashRecord* const record = shared_record.load();
  if (record == nullptr || recorded_thread.load() != thread_id()) return;
  reach(*record, CrashStage::kNone);
  recorded_thread.store(0);
}

Recorded record_crash(const CrashFacts& facts, const CrashSignal& signal) noexcept {
  CrashRecord* const record = shared_record.load();
  if (record == nullptr) return Recorded::kNowhere;
  if (recorded_thread.load() != thread_id()) begin_record(facts, signal);
  if (recorded_thread.load() != thread_id()) return Recorded::kYes;
  copy_text(record->detail, signal.sender == 0 ? facts.detail : std::string_view());
  if (facts.script) write_request(*record, *facts.script);
  write_modules(*record);
  reach(*record, CrashStage::kModules);
  if (facts.script && facts.script->read_frames != nullptr) {
    record->php_count =
        static_cast<std::uint32_t>(facts.script->read_frames(std::span(record->php)));
  }
  std::uintptr_t frames[CrashRecord::kNativeFrames];
  if (signal.context != nullptr) {
    const std::size_t count = walk_frame_pointers(registers_of(signal.context), frames);
    write_native_frames(*record, std::span(frames).first(count));
  }
  reach(*record, CrashStage::kPhp);
  // Last, because it may fault.
  const std::size_t count = unwind_frames(facts.at.code, frames);
  if (count > 1) write_native_frames(*record, std::span(frames).first(count));
  reach(*record, CrashStage::kComplete);
  return Recorded::kYes;
}

}  // namespace tusk::observe::crash
