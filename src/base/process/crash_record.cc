#include "base/process/crash_record.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <type_traits>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tusk::base::process {

static_assert(std::is_trivially_copyable_v<CrashRecord>);

namespace {

constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

template <std::size_t size>
void end_text(char (&text)[size]) {
  text[size - 1] = '\0';
}

template <std::size_t size>
void limit(std::uint32_t& count, const auto (&)[size]) {
  count = std::min(count, static_cast<std::uint32_t>(size));
}

void make_well_formed(CrashRecord& record) {
  record.stage = std::min(record.stage, static_cast<std::uint32_t>(CrashStage::kComplete));
  end_text(record.thread);
  end_text(record.cause);
  end_text(record.detail);
  end_text(record.request.method);
  end_text(record.request.host);
  end_text(record.request.path);
  end_text(record.request.script);
  limit(record.php_count, record.php);
  limit(record.native_count, record.native);
  limit(record.module_count, record.modules);
  for (CrashedPhpFrame& frame : record.php) {
    end_text(frame.function);
    end_text(frame.file);
  }
  for (CrashedModule& module : record.modules) {
    end_text(module.path);
    limit(module.build_id_bytes, module.build_id);
  }
  for (CrashedNativeFrame& frame : record.native) {
    const bool known =
        frame.module >= 0 && static_cast<std::uint32_t>(frame.module) < record.module_count;
    if (!known) frame.module = -1;
  }
}

}  // namespace

Result<UniqueFd> make_crash_record() {
  UniqueFd record(::memfd_create("tusk-crash", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!record || ::ftruncate(record.get(), sizeof(CrashRecord)) != 0 ||
      ::fcntl(record.get(), F_ADD_SEALS, kSeals) != 0) {
    return fail_errno("cannot make room for a crash report", errno);
  }
  return record;
}

CrashRecord* map_crash_record(const UniqueFd& record) {
  struct stat status{};
  if (!record || ::fstat(record.get(), &status) != 0 || status.st_size != sizeof(CrashRecord)) {
    return nullptr;
  }
  void* const memory =
      ::mmap(nullptr, sizeof(CrashRecord), PROT_READ | PROT_WRITE, MAP_SHARED, record.get(), 0);
  return memory != MAP_FAILED ? static_cast<CrashRecord*>(memory) : nullptr;
}

// Only a memfd has seals: a read of another file may wait.
std::unique_ptr<CrashRecord> read_crash_record(const UniqueFd& record) {
  if (!record || ::fcntl(record.get(), F_GET_SEALS) != kSeals) return nullptr;
  auto copy = std::make_unique<CrashRecord>();
  const ssize_t count = ::pread(record.get(), copy.get(), sizeof(CrashRecord), 0);
  if (count != static_cast<ssize_t>(sizeof(CrashRecord))) return nullptr;
  make_well_formed(*copy);
  return copy->reached() == CrashStage::kNone ? nullptr : std::move(copy);
}

std::unique_ptr<CrashRecord> copy_crash_record(const CrashRecord& shared) {
  auto copy = std::make_unique<CrashRecord>();
  std::memcpy(copy.get(), &shared, sizeof(CrashRecord));
  // What follows reads the copy, and not the memory again.
  std::atomic_signal_fence(std::memory_order_seq_cst);
  make_well_formed(*copy);
  return copy->reached() == CrashStage::kNone ? nullptr : std::move(copy);
}

Result<void> write_crash_record(const UniqueFd& record, const CrashRecord& content) {
  const ssize_t count = ::pwrite(record.get(), &content, sizeof(CrashRecord), 0);
  if (count != static_cast<ssize_t>(sizeof(CrashRecord)))
    return fail_errno("cannot pass on a crash report", errno);
  return {};
}

}  // namespace tusk::base::process
