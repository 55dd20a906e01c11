// Streams that a function of PHP uses while it runs code of the script: __toString(), handlers of
// warnings, output callbacks. PHP looks the stream up before and uses it after; a script that
// closes it in between makes it write to memory that was freed. While such a function runs, its
// stream cannot be closed, as PHP itself has it for user filters (PHP_STREAM_FLAG_NO_FCLOSE):
// fclose() warns and returns false.
//
// Owner: the process. Thread: main, while modules start; the functions on workers.
#pragma once

namespace tusk::php::descriptors {

void hold_streams_in_use() noexcept;

}  // namespace tusk::php::descriptors
