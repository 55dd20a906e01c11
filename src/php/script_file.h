// The file of a request's own script: that it can be opened, or what the client is told instead.
//
// Routing looks a script up, and PHP opens it later: a deployment may have taken it away in
// between. PHP makes an uncaught Error of that, which is a 500 and a line about "Unknown on line
// 0". PHP-FPM opens the script before it runs anything, and answers 404, or 403 where it may not be
// read (fpm_main.c). Opening it first would cost a system call for each request, whose script
// OPcache has; so it is the opening itself that is ours.
//
// Thread: a worker.
#pragma once

namespace tusk::php {

// Takes the place of zend_stream_open_function for scripts that requests are for: a failure goes
// into the RequestContext (refused_status), and PHP unwinds as for exit(). At module start-up,
// before OPcache keeps that pointer (accel_post_startup() in ext/opcache/ZendAccelerator.c).
void watch_script_files() noexcept;

}  // namespace tusk::php
