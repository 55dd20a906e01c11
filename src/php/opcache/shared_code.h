// Defects of OPcache and PHP's compiler that show where threads share cached code, and what is put
// in front of them.
//
// Linked classes. OPcache keeps classes with parents, interfaces and traits resolved, and others
// find them there without a lock. zend_accel_inheritance_cache_add()
// (ext/opcache/ZendAccelerator.c) hangs a class where it is found, and only after that says how far
// a table of map_ptr slots must reach for it (ZCSG(map_ptr_last)). Who comes in between does not
// extend the table of its thread (zend_accel_inheritance_cache_get()). The slots of the class, for
// its static properties and run-time caches, are then among those that zend_activate() has not
// cleared; after a restart of OPcache they hold pointers of requests before it, into memory that
// has been freed since. (php-src issue 23637.) So who finds a class waits until those who were
// adding one have finished, and extends its table as far as they did.
//
// Strings of code that is being compiled. PHP's compiler calls zend_new_interned_string() for a
// name, and often again for the same name, and takes for granted that both calls say the same: the
// second may free the string that the first has handed back. OPcache's answer
// (accel_new_interned_string_for_php()) is a string of its memory if there is one by now. When
// another thread puts one there between the two calls, zend_compile_const_decl() counts one up in
// memory that PHP's allocator has put into its list of free blocks, and the heap of the thread is
// broken: "zend_mm_heap corrupted". (GH-16727 was the same in another place.) So the answer is
// always the string itself, as OPcache's is in a request that does not use its cache. Strings of
// code that goes into the cache are interned there, under OPcache's lock; only code that is not
// cached has more of its own.
//
// Class names with a slot. zend_accel_load_script() of a script that found no room in the cache
// writes to the slots of its classes' names without a look at the size of the table. So a thread's
// table reaches as far as any other's from the beginning of a request on.
//
// Owner: the process. Thread: each function says.
#pragma once

namespace tusk::php::opcache {

class SharedCode {
 public:
  // Main, after module start-up, before there are workers.
  static void guard() noexcept;

  // Around each request of a worker; `restarted`: OPcache has, since its last one.
  static void begin_request(bool restarted) noexcept;
  static void end_request() noexcept;

  // OPcache has restarted. By who is alone.
  static void forget() noexcept;
};

}  // namespace tusk::php::opcache
