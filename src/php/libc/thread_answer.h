// answer_of_thread: calls the _r variant of a libc function with a buffer of the calling thread.
// libc's function without _r returns its result in a buffer of the process, which another thread
// overwrites while the caller still reads it.
//
// Owner: the thread. The result is valid until the thread's next call for the same type. Thread:
// any.
#pragma once

#include <cerrno>
#include <vector>

namespace tusk::php::libc {

// `ask(entry, buffer, size, result)` is the function with _r. Null: not found, or errno.
template <class Entry, class Ask>
Entry* answer_of_thread(const Ask& ask) noexcept {
  // The answer of a name server about a host fits in 64 KiB; no line of /etc/passwd has a megabyte.
  constexpr std::size_t kFirstBytes = 1024;
  constexpr std::size_t kLargestBytes = std::size_t{1024} * 1024;
  struct Answer {
    Entry entry{};
    std::vector<char> buffer;
  };
  static thread_local Answer answer;
  std::size_t size = answer.buffer.empty() ? kFirstBytes : answer.buffer.size();
  try {
    while (size <= kLargestBytes) {
      answer.buffer.resize(size);
      Entry* result = nullptr;
      const int error = ask(&answer.entry, answer.buffer.data(), size, &result);
      if (error == 0) return result;
      if (error != ERANGE) {
        errno = error;
        return nullptr;
      }
      size *= 2;
    }
  } catch (...) {  // out of memory
  }
  errno = ENOMEM;
  return nullptr;
}

}  // namespace tusk::php::libc
