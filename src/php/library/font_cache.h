// gd's cache of fonts, which belongs to the process. gd empties it at the end of every request
// (PHP_RSHUTDOWN(gd)), and reads it after it has released its mutex: gdImageStringFTEx() returns
// fontCache->error when a font cannot be read. With threads that reads through a null pointer.
//
// So the cache is emptied only while no thread is in a function that may read it, and only by
// requests that have called such a function. Requests without fonts no longer wait for gd's mutex.
//
// Owner: the process. Thread: watch_font_cache() on main, while modules start; the rest on workers.
#pragma once

namespace tusk::php::library {

void watch_font_cache() noexcept;

}  // namespace tusk::php::library
