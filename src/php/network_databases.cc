// getservbyname(), getprotobynumber(), gethostbyname() and their kind: libc answers in one buffer
// of the process, which another thread overwrites while the caller still reads it. Ours answer in
// one of the calling thread, by libc's functions with _r: on every thread, which nobody can tell
// from libc's.

#include <cerrno>
#include <vector>

#include <netdb.h>
#include <sys/socket.h>

namespace {

// What a name server says of a host fits in 64 KiB; /etc/services has no lines of a megabyte.
constexpr std::size_t kFirstBytes = 1024;
constexpr std::size_t kLargestBytes = std::size_t{1024} * 1024;

// The last answer of one kind, good until the thread's next question of that kind.
template <class Entry>
struct Answer {
  Entry entry{};
  std::vector<char> buffer;
};

// `ask(entry, buffer, size, result)` is one of the functions with _r. Null: not found.
template <class Entry, class Ask>
Entry* answer_of_thread(Answer<Entry>& answer, const Ask& ask) noexcept {
  std::size_t size = answer.buffer.empty() ? kFirstBytes : answer.buffer.size();
  try {
    while (size <= kLargestBytes) {
      answer.buffer.resize(size);
      Entry* result = nullptr;
      const int error = ask(&answer.entry, answer.buffer.data(), size, &result);
      if (error != ERANGE) return error == 0 ? result : nullptr;
      size *= 2;
    }
  } catch (...) {  // out of memory
  }
  errno = ENOMEM;
  return nullptr;
}

template <class Entry>
Answer<Entry>& of_thread() noexcept {
  static thread_local Answer<Entry> answer;
  return answer;
}

}  // namespace

extern "C" servent* getservbyname(const char* name, const char* protocol) {
  return answer_of_thread(of_thread<servent>(),
                          [&](servent* entry, char* buffer, std::size_t size, servent** result) {
                            return ::getservbyname_r(name, protocol, entry, buffer, size, result);
                          });
}

extern "C" servent* getservbyport(int port, const char* protocol) {
  return answer_of_thread(of_thread<servent>(),
                          [&](servent* entry, char* buffer, std::size_t size, servent** result) {
                            return ::getservbyport_r(port, protocol, entry, buffer, size, result);
                          });
}

extern "C" protoent* getprotobyname(const char* name) {
  return answer_of_thread(of_thread<protoent>(),
                          [&](protoent* entry, char* buffer, std::size_t size, protoent** result) {
                            return ::getprotobyname_r(name, entry, buffer, size, result);
                          });
}

extern "C" protoent* getprotobynumber(int number) {
  return answer_of_thread(of_thread<protoent>(),
                          [&](protoent* entry, char* buffer, std::size_t size, protoent** result) {
                            return ::getprotobynumber_r(number, entry, buffer, size, result);
                          });
}

// Asked by libxml2's and OpenSSL's own network code and by librtmp.
extern "C" hostent* gethostbyname(const char* name) {
  return answer_of_thread(of_thread<hostent>(),
                          [&](hostent* entry, char* buffer, std::size_t size, hostent** result) {
                            return ::gethostbyname_r(name, entry, buffer, size, result, &h_errno);
                          });
}
