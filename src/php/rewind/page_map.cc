#include "php/rewind/page_map.h"

#include "php/rewind/raw_call.h"

namespace tusk::php::rewind {

bool PageMap::read(std::uintptr_t address, std::span<PageState> states) const noexcept {
  auto* into = reinterpret_cast<char*>(states.data());
  std::size_t left = states.size_bytes();
  std::uintptr_t offset = address / kPageBytes * sizeof(PageState);
  // The kernel may answer for less than it was asked for.
  while (left != 0) {
    const long got = raw_call(SYS_pread64, fd_, into, left, offset);
    if (got <= 0) return false;
    into += got;
    left -= static_cast<std::size_t>(got);
    offset += static_cast<std::uintptr_t>(got);
  }
  return true;
}

}  // namespace tusk::php::rewind
