// strtok(): libc remembers for the process where it is in the text, ours for the thread. libtidy
// asks so for the language of its messages, whenever a document is made (tidySetLanguage()): two
// threads would go on in one another's text, or behind its end.

#include <cstring>

extern "C" char* strtok(char* text, const char* separators) noexcept {
  static constinit thread_local char* rest = nullptr;
  return ::strtok_r(text, separators, &rest);
}
