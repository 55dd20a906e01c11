// ModuleMap: the loaded files of code, by address.
//
// Threads: refresh() any, but not in a handler; find() any, async-signal-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tusk::observe::crash {

// How far code is trusted when deciding whether the process must end.
enum class CodeOwner : std::uint8_t {
  kUnknown,  // generated code, or a library that is not in the table
  // Libc, the dynamic linker, libgcc, libstdc++, the vDSO: other threads wait for their locks.
  kRuntime,
  kProgram,
  kPhp,      // libphp and OPcache
  kLibrary,  // any other library
};

struct CodeModule {
  std::uintptr_t begin = 0;  // of one executable segment
  std::uintptr_t end = 0;
  std::uintptr_t base = 0;  // what offsets are counted from, as in addr2line
  CodeOwner owner = CodeOwner::kUnknown;
  char name[48] = {};     // of the file, without its directory
  const char* path = "";  // never freed
  std::uint8_t build_id[20] = {};
  std::uint32_t build_id_bytes = 0;

  std::string_view file() const noexcept { return name; }
};

// Tells which file of code an address belongs to, for handlers of fatal signals. dladdr() and
// dl_iterate_phdr() take the dynamic linker's lock, so the table is made beforehand. A library that
// was loaded after refresh() is unknown.
class ModuleMap {
 public:
  // Makes the table anew if anything was loaded since.
  static void refresh();
  // Null: unknown.
  static const CodeModule* find(std::uintptr_t address) noexcept;
  static CodeOwner owner_of(std::uintptr_t address) noexcept;
  // Async-signal-safe. find() returns one of these.
  static std::span<const CodeModule> all() noexcept;
};

}  // namespace tusk::observe::crash
