// read_php_frames: the PHP functions that the calling thread was in when it crashed.
//
// PHP's structures may be damaged, so they are read with read_memory(), and the number of frames
// and the lengths of texts are limited. Line numbers are those of the last instruction that PHP has
// noted, which is the call that the function makes.
//
// Async-signal-safe. Thread: a worker's.
#pragma once

#include <span>

#include "base/process/crash_record.h"

namespace tusk::php::crash {

// The innermost function first. Returns how many frames were written.
std::size_t read_php_frames(std::span<base::process::CrashedPhpFrame> frames) noexcept;

}  // namespace tusk::php::crash
