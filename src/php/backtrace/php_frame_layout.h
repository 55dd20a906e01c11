// The FrameLayout of the PHP that this is compiled with.
#pragma once

#include "exec/observation/frame_layout.h"

namespace tusk::php::backtrace {

// The layout as the calling thread has it. The thread must have PHP's globals.
exec::observation::FrameLayout frame_layout_here() noexcept;

}  // namespace tusk::php::backtrace
