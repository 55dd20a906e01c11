// Waiting for child processes. They are children of the process, but a script must only meet those
// that it started. On threads that run scripts wait() and waitpid(-1) see the thread's own children
// (__WNOTHREAD), as they would see the process's own under PHP-FPM.
//
// Thread: any.
#pragma once

namespace tusk::php::process {

// Takes the exit statuses of the calling thread's children that nobody asked for, so that no
// zombies gather. It never takes those of another thread's. False: this thread has no children
// left.
bool reap_children() noexcept;

}  // namespace tusk::php::process
