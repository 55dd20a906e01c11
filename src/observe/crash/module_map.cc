#include "observe/crash/module_map.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <string>
#include <vector>

#include <dlfcn.h>
#include <link.h>
#include <unistd.h>

namespace tusk::observe::crash {

namespace {

using Table = std::vector<CodeModule>;

// Tables are never freed, because a handler may be reading one.
std::atomic<const Table*> current{nullptr};
std::atomic<unsigned long long> known_loads{0};

constexpr std::string_view kRuntime[] = {"libc.so",  "libc-",        "ld-linux",
                                         "ld-musl",  "ld64.so",      "libpthread",
                                         "libgcc_s", "libstdc++.so", "linux-vdso"};

void take_name(std::string_view path, CodeModule& module) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  module.name[name.copy(module.name, sizeof(module.name) - 1)] = '\0';
}

bool holds(const CodeModule& module, std::uintptr_t address) noexcept {
  return address >= module.begin && address < module.end;
}

// A function of libphp; 0: it is not loaded, as in unit tests.
std::uintptr_t address_in_php() {
  return reinterpret_cast<std::uintptr_t>(::dlsym(RTLD_DEFAULT, "php_request_shutdown"));
}

CodeOwner owner_of(const CodeModule& module, std::uintptr_t in_php) {
  if (holds(module, reinterpret_cast<std::uintptr_t>(&ModuleMap::refresh)))
    return CodeOwner::kProgram;
  if (holds(module, in_php)) return CodeOwner::kPhp;
  const std::string_view name = module.file();
  if (name.starts_with("opcache.so")) return CodeOwner::kPhp;
  const bool runtime = std::ranges::any_of(
      kRuntime, [&](std::string_view begin) { return name.starts_with(begin); });
  return runtime ? CodeOwner::kRuntime : CodeOwner::kLibrary;
}

// Program headers of type PT_NOTE have it (ELF's NT_GNU_BUILD_ID, named "GNU").
void add_build_id(const dl_phdr_info& info, CodeModule& module) {
  for (int i = 0; i < info.dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = info.dlpi_phdr[i];
    if (segment.p_type != PT_NOTE) continue;
    const char* at = reinterpret_cast<const char*>(info.dlpi_addr + segment.p_vaddr);
    const char* const end = at + segment.p_memsz;
    while (at + sizeof(ElfW(Nhdr)) <= end) {
      ElfW(Nhdr) note;
      std::memcpy(&note, at, sizeof(note));
      const char* const name = at + sizeof(note);
      const char* const content = name + (note.n_namesz + 3) / 4 * 4;
      if (content + note.n_descsz > end) break;
      if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
          std::memcmp(name, "GNU", 4) == 0) {
        module.build_id_bytes = std::min<std::uint32_t>(note.n_descsz, sizeof(module.build_id));
        std::memcpy(module.build_id, content, module.build_id_bytes);
        return;
      }
      at = content + (note.n_descsz + 3) / 4 * 4;
    }
  }
}

// The dynamic linker has no name for the program. The kernel marks the name of a file that another
// one has replaced.
std::string program_path() {
  constexpr std::string_view kReplaced = " (deleted)";
  std::array<char, 4096> path;
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
  std::string text(path.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  if (text.ends_with(kReplaced)) text.resize(text.size() - kReplaced.size());
  return text;
}

struct Search {
  Table& table;
  std::uintptr_t in_php;
};

int add_module(dl_phdr_info* info, std::size_t /*size*/, void* argument) {
  const auto& search = *static_cast<const Search*>(argument);
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = info->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
    CodeModule module;
    module.base = info->dlpi_addr;
    module.begin = info->dlpi_addr + segment.p_vaddr;
    module.end = module.begin + segment.p_memsz;
    std::string path = info->dlpi_name != nullptr ? info->dlpi_name : "";
    take_name(path, module);
    module.owner = owner_of(module, search.in_php);
    if (module.owner == CodeOwner::kProgram) {
      path = program_path();
      take_name(path, module);
    }
    // Modules are never unloaded for good, so few paths are copied, and none is freed.
    module.path = ::strdup(path.c_str());
    add_build_id(*info, module);
    search.table.push_back(module);
  }
  return 0;
}

int count_loads(dl_phdr_info* info, std::size_t /*size*/, void* loads) {
  *static_cast<unsigned long long*>(loads) = info->dlpi_adds;
  return 1;
}

}  // namespace

void ModuleMap::refresh() {
  unsigned long long loads = 0;
  ::dl_iterate_phdr(count_loads, &loads);
  if (known_loads.exchange(loads, std::memory_order_acq_rel) == loads) return;
  auto* const table = new Table;
  Search search{*table, address_in_php()};
  ::dl_iterate_phdr(add_module, &search);
  current.store(table, std::memory_order_release);
}

const CodeModule* ModuleMap::find(std::uintptr_t address) noexcept {
  const Table* const table = current.load(std::memory_order_acquire);
  if (table == nullptr) return nullptr;
  for (const CodeModule& module : *table) {
    if (holds(module, address)) return &module;
  }
  return nullptr;
}

std::span<const CodeModule> ModuleMap::all() noexcept {
  const Table* const table = current.load(std::memory_order_acquire);
  return table != nullptr ? std::span<const CodeModule>(*table) : std::span<const CodeModule>();
}

CodeOwner ModuleMap::owner_of(std::uintptr_t address) noexcept {
  const CodeModule* const module = find(address);
  return module != nullptr ? module->owner : CodeOwner::kUnknown;
}

}  // namespace tusk::observe::crash
