// Objects of mysqli whose connection has failed.
//
// connect() of an object that exists, or its constructor called again, frees the link when it fails
// and leaves the object as it was, initialised: reading $mysqli->error then reads through a null
// pointer (mysqli_common_connect() and link_error_read() in ext/mysqli). That is what an
// application does when its database is down, and each time it would cost a worker. So such an
// object is one that is not initialised: PHP throws an Error for its properties, and it may connect
// again.
//
// Owner: the process. Thread: main, while modules start; the methods on workers.
#pragma once

namespace tusk::php::library {

void watch_failed_links() noexcept;

}  // namespace tusk::php::library
