// BailoutRecord: the bailouts of a request.
//
// Owner: a ScriptThread. Thread: its worker.
#pragma once

namespace tusk::php::bailout {

// Records what PHP's bailouts have left during a request, so that resources which they have left
// open are found when it ends (php/library/orphans.h).
struct BailoutRecord {
  // PHP has left its own frames at least once.
  bool happened = false;
  // PHP has left the frames of a C library: the name of its file, owned by the dynamic linker.
  // Null: of none.
  const char* library = nullptr;
};

}  // namespace tusk::php::bailout
