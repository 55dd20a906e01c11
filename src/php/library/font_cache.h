// gd's cache of fonts, which is the process's. gd empties it at the end of every request
// (PHP_RSHUTDOWN(gd)), and looks into it after it has let go of its mutex: gdImageStringFTEx()
// returns fontCache->error when a font cannot be read. With threads that is a read through a null
// pointer.
//
// So the cache is emptied only while no thread is in a function that may look into it, and only by
// requests that have called one. Requests without fonts no longer meet at gd's mutex.
//
// Owner: the process. Thread: watch_font_cache() on main, while modules start; the rest on workers.
#pragma once

namespace tusk::php::library {

void watch_font_cache() noexcept;

}  // namespace tusk::php::library
