// Opens the file of a request's own script, or decides what the client is told if that fails.
//
// Routing looks a script up, and PHP opens it later: a deployment may have removed it in between.
// PHP turns that into an uncaught Error, which is a 500 and a line about "Unknown on line 0".
// PHP-FPM opens the script before it runs anything, and answers 404, or 403 if it may not be read
// (fpm_main.c). Opening it first would cost a system call for each request whose script OPcache
// has, so PHP's function that opens it is replaced.
//
// Thread: a worker.
#pragma once

namespace tusk::php {

// Replaces zend_stream_open_function for the scripts of requests: a failure goes into the
// RequestContext (refused_status), and PHP unwinds as for exit(). Called at module start-up, before
// OPcache keeps that pointer (accel_post_startup() in ext/opcache/ZendAccelerator.c).
void install_script_opener() noexcept;

}  // namespace tusk::php
