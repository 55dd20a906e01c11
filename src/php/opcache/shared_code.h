// SharedCode: workarounds for code that threads, or processes, share in OPcache.
//
// Owner: the process. Thread: as stated at each function.
#pragma once

namespace tusk::php::opcache {

// Works around defects of OPcache and PHP's compiler that appear when threads share cached code.
//
// Linked classes. OPcache keeps classes with parents, interfaces and traits resolved, and other
// threads find them without a lock. zend_accel_inheritance_cache_add()
// (ext/opcache/ZendAccelerator.c) makes a class visible first, and only then says how far a table
// of map_ptr slots must reach for it (ZCSG(map_ptr_last)). A thread that finds the class in between
// does not extend its table (zend_accel_inheritance_cache_get()). The slots of the class, for its
// static properties and run-time caches, are then beyond those that zend_activate() has cleared;
// after a restart of OPcache they hold pointers of earlier requests, into memory that has been
// freed since. (php-src issue 23637.) So a thread that finds a class waits until additions under
// way have finished, and extends its table as far as they did.
//
// Strings of code that is being compiled. PHP's compiler calls zend_new_interned_string() for a
// name, often twice for the same name, and assumes that both calls return the same: the second call
// may free the string that the first has returned. OPcache's function
// (accel_new_interned_string_for_php()) returns a string of its memory if there is one by now. If
// another thread or process puts one there between the two calls, zend_compile_const_decl()
// increments a counter in memory that PHP's allocator has put into its free list, and the thread's
// heap is corrupted: "zend_mm_heap corrupted". (GH-16727 was the same in another place.) So here
// the function always returns its argument, as OPcache's does in a request that does not use its
// cache. Strings of code that goes into the cache are interned there, under OPcache's lock; only
// code that is not cached has more strings of its own.
//
// Class names with a slot. If a script found no room in the cache, zend_accel_load_script() writes
// to the slots of its classes' names without checking the size of the table. So a thread's table
// reaches as far as any other's from the beginning of a request.
class SharedCode {
 public:
  // Main, after module start-up, before there are workers.
  static void install() noexcept;
  // The same for processes: of these defects, they have the one of strings.
  static void keep_own_strings() noexcept;

  // Around each request of a worker. `restarted`: OPcache has restarted since its last request.
  static void begin_request(bool restarted) noexcept;
  static void end_request() noexcept;

  // OPcache has restarted. Called by the thread that is alone.
  static void forget() noexcept;
};

}  // namespace tusk::php::opcache
