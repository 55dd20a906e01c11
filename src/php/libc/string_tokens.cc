// strtok(): libc remembers the position in the text for the process, ours remembers it for the
// thread. libtidy uses strtok() for the language of its messages whenever a document is made
// (tidySetLanguage()): two threads would continue in each other's text, or beyond its end.

#include <cstring>

extern "C" char* strtok(char* text, const char* separators) noexcept {
  static constinit thread_local char* rest = nullptr;
  return ::strtok_r(text, separators, &rest);
}
