#include "supervisor/crash/elf_symbols.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <cxxabi.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/unique_fd.h"

namespace tusk::supervisor::crash {

namespace {

constexpr std::size_t kMostNameBytes = 256;
// The size that a function in assembly is taken to have, since none is recorded.
constexpr std::uint64_t kMostWithoutSize = 4096;
constexpr std::uint64_t kMostSymbols = 4'000'000;

// Arguments and templates make C++ names long: "tusk::php::run(...)".
std::string readable(const std::string& name) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status), &std::free);
  std::string readable = status == 0 && text != nullptr ? text.get() : name;
  constexpr std::string_view kAbi = "[abi:cxx11]";
  for (std::size_t at = 0; (at = readable.find(kAbi)) != std::string::npos;) {
    readable.erase(at, kAbi.size());
  }
  const std::size_t arguments = readable.find('(', readable.starts_with('(') ? 1 : 0);
  const bool is_plain = !readable.contains("(anonymous") && arguments != std::string::npos;
  if (is_plain) readable.resize(arguments);
  if (readable.size() > kMostNameBytes) readable.resize(kMostNameBytes);
  return readable;
}

}  // namespace

ElfSymbols::ElfSymbols(const std::string& path, std::span<const std::uint8_t> build_id) {
  if (!map(path) || !read(0, header_)) return;
  const bool is_elf = std::memcmp(header_.e_ident, ELFMAG, SELFMAG) == 0 &&
                      header_.e_ident[EI_CLASS] == ELFCLASS64 &&
                      header_.e_ident[EI_DATA] == ELFDATA2LSB;
  if (is_elf && (build_id.empty() || has_build_id(build_id))) find_symbols();
}

ElfSymbols::~ElfSymbols() {
  if (content_ != nullptr) ::munmap(const_cast<char*>(content_), size_);
}

bool ElfSymbols::map(const std::string& path) {
  const base::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
  if (status.st_size <= 0) return false;
  size_ = static_cast<std::uint64_t>(status.st_size);
  void* const memory = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (memory == MAP_FAILED) return false;
  content_ = static_cast<const char*>(memory);
  return true;
}

const char* ElfSymbols::at(std::uint64_t offset, std::uint64_t bytes) const {
  return offset <= size_ && bytes <= size_ - offset ? content_ + offset : nullptr;
}

template <class T>
bool ElfSymbols::read(std::uint64_t offset, T& value) const {
  const char* const from = at(offset, sizeof(T));
  if (from != nullptr) std::memcpy(&value, from, sizeof(T));
  return from != nullptr;
}

bool ElfSymbols::has_build_id(std::span<const std::uint8_t> build_id) const {
  for (std::uint64_t i = 0; i < header_.e_phnum; ++i) {
    Elf64_Phdr segment;
    if (!read(header_.e_phoff + i * sizeof(segment), segment)) return false;
    if (segment.p_type != PT_NOTE) continue;
    const char* const notes = at(segment.p_offset, segment.p_filesz);
    if (notes == nullptr) continue;
    const std::string_view text(notes, segment.p_filesz);
    if (text.contains(
            std::string_view(reinterpret_cast<const char*>(build_id.data()), build_id.size())))
      return true;
  }
  return false;
}

void ElfSymbols::find_symbols() {
  for (std::uint64_t i = 0; i < header_.e_shnum; ++i) {
    Elf64_Shdr table;
    Elf64_Shdr names;
    if (!read(header_.e_shoff + i * sizeof(table), table)) return;
    if (table.sh_type != SHT_SYMTAB && table.sh_type != SHT_DYNSYM) continue;
    if (!read(header_.e_shoff + table.sh_link * sizeof(names), names)) continue;
    const std::uint64_t count = std::min(table.sh_size / sizeof(Elf64_Sym), kMostSymbols);
    for (std::uint64_t n = 0; n < count; ++n) {
      Elf64_Sym symbol;
      if (!read(table.sh_offset + n * sizeof(symbol), symbol)) break;
      const auto type = ELF64_ST_TYPE(symbol.st_info);
      const bool is_function = type == STT_FUNC || type == STT_GNU_IFUNC;
      if (!is_function || symbol.st_shndx == SHN_UNDEF || symbol.st_value == 0) continue;
      functions_.push_back({symbol.st_value, symbol.st_size, names.sh_offset + symbol.st_name});
    }
  }
  std::ranges::stable_sort(functions_, {}, &Function::begin);
}

std::string ElfSymbols::name_at(std::uint64_t address) const {
  auto after = std::ranges::upper_bound(functions_, address, {}, &Function::begin);
  if (after == functions_.begin()) return {};
  const std::uint64_t begin = std::prev(after)->begin;
  // One place may have several names; the first one is that of .dynsym.
  const auto found = std::ranges::lower_bound(functions_, begin, {}, &Function::begin);
  const std::uint64_t size = std::max(found->size, std::prev(after)->size);
  if (address - begin >= (size != 0 ? size : kMostWithoutSize)) return {};
  std::string name;
  for (std::uint64_t i = 0; i < kMostNameBytes * 4; ++i) {
    const char* const character = at(found->name + i, 1);
    if (character == nullptr || *character == '\0') break;
    name.push_back(*character);
  }
  if (name.empty()) return {};
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), address - begin, 16);
  return readable(name) + "+0x" + std::string(digits.data(), end.ptr);
}

}  // namespace tusk::supervisor::crash
