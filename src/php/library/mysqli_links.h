// Objects of mysqli whose connection has failed.
//
// If connect() of an existing object fails, or a second call of its constructor, mysqli frees the
// link and leaves the object marked as initialised: reading $mysqli->error then reads through a
// null pointer (mysqli_common_connect() and link_error_read() in ext/mysqli). Applications do that
// when their database is down, and each time it would cost a worker. So such an object is marked as
// not initialised: PHP throws an Error for its properties, and it may connect again.
//
// Owner: the process. Thread: main, when all modules have started; the methods on workers.
#pragma once

namespace tusk::php::library {

void watch_failed_links() noexcept;

}  // namespace tusk::php::library
