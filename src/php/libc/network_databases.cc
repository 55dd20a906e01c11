// getservbyname(), getprotobynumber(), gethostbyname() and related functions return their results
// in buffers of the thread (php/libc/thread_answer.h). They do so on every thread; a caller cannot
// tell the difference.

#include <netdb.h>
#include <sys/socket.h>

#include "php/libc/thread_answer.h"

using tusk::php::libc::answer_of_thread;

extern "C" servent* getservbyname(const char* name, const char* protocol) {
  return answer_of_thread<servent>(
      [&](auto... where) { return ::getservbyname_r(name, protocol, where...); });
}

extern "C" servent* getservbyport(int port, const char* protocol) {
  return answer_of_thread<servent>(
      [&](auto... where) { return ::getservbyport_r(port, protocol, where...); });
}

extern "C" protoent* getprotobyname(const char* name) {
  return answer_of_thread<protoent>(
      [&](auto... where) { return ::getprotobyname_r(name, where...); });
}

extern "C" protoent* getprotobynumber(int number) {
  return answer_of_thread<protoent>(
      [&](auto... where) { return ::getprotobynumber_r(number, where...); });
}

// Called by the network code of libxml2 and OpenSSL, and by librtmp.
extern "C" hostent* gethostbyname(const char* name) {
  return answer_of_thread<hostent>(
      [&](auto... where) { return ::gethostbyname_r(name, where..., &h_errno); });
}
