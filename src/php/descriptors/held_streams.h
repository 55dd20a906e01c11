// Streams that a function of PHP uses while it runs code of the script: __toString(), handlers of
// warnings, output callbacks. PHP looks the stream up before that and uses it afterwards; if the
// script closes it in between, PHP writes to freed memory. So while such a function runs, its
// stream cannot be closed, as PHP itself does it for user filters (PHP_STREAM_FLAG_NO_FCLOSE):
// fclose() warns and returns false.
//
// Owner: the process. Thread: main, while modules start; the functions on workers.
#pragma once

namespace tusk::php::descriptors {

void hold_streams_in_use() noexcept;

}  // namespace tusk::php::descriptors
