// Waiting for child processes. They are children of the process, but a script must only meet those
// that it started. On threads that run scripts wait() and waitpid(-1) see the thread's own children
// (__WNOTHREAD), as they would see the process's own under PHP-FPM.
//
// Thread: any.
#pragma once
