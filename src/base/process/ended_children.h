// Child processes that nobody waits for.
//
// Thread: any.
#pragma once

namespace tusk::base::process {

// Takes the exit statuses of the calling thread's children that nobody asked for, so that no
// zombies gather. It never takes those of another thread's. False: this thread has no children
// left.
bool reap_children() noexcept;

}  // namespace tusk::base::process
