// BailoutRecord: what happened to a request by PHP's bailouts, so that what they have left open is
// found when it ends (php/library/orphans.h).
//
// Owner: a ScriptThread. Thread: its worker.
#pragma once

namespace tusk::php {

struct BailoutRecord {
  // PHP left its own frames, at least once.
  bool happened = false;
  // And those of a C library: the name of its file, which is the dynamic linker's. Null: of none.
  const char* library = nullptr;
};

}  // namespace tusk::php
