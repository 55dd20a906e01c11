// ElfSymbols: the names of the functions in one file of code, by address.
//
// The file may be damaged or change while it is read, and then reading it may end the process by
// SIGBUS. So only the short-lived child of a CrashReporter uses it.
//
// Thread: any; an instance belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <elf.h>

namespace tusk::supervisor::crash {

class ElfSymbols {
 public:
  // Without symbols if the file cannot be read, or if it has another build ID: then it is not the
  // file that was loaded. An empty ID is not compared.
  ElfSymbols(const std::string& path, std::span<const std::uint8_t> build_id);
  ~ElfSymbols();
  ElfSymbols(const ElfSymbols&) = delete;
  ElfSymbols& operator=(const ElfSymbols&) = delete;

  // "zend_string_alloc+0x1f", with C++ names as people write them; empty: unknown. Addresses are
  // relative to the file's base.
  std::string name_at(std::uint64_t address) const;

 private:
  bool map(const std::string& path);
  bool has_build_id(std::span<const std::uint8_t> build_id) const;
  void find_symbols();
  // Null: not all of it is in the file.
  const char* at(std::uint64_t offset, std::uint64_t bytes) const;
  template <class T>
  bool read(std::uint64_t offset, T& value) const;

  struct Function {
    std::uint64_t begin;
    std::uint64_t size;
    std::uint64_t name;  // the offset of its text
  };

  const char* content_ = nullptr;
  std::uint64_t size_ = 0;
  Elf64_Ehdr header_{};
  std::vector<Function> functions_;  // by address
};

}  // namespace tusk::supervisor::crash
