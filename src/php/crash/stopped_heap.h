// StoppedHeap: returns the pages of a thread's PHP heap to the kernel once the thread has crashed
// and stopped for ever (php/crash/containment.h). That is up to memory_limit for each such thread.
//
// Owner: an executor. Threads: made on its worker; give_back() the watchdog, once the worker has
// stopped.
#pragma once

#include <cstddef>

namespace tusk::php::crash {

// No other thread reads this memory. PHP's allocator has one heap per thread, and all of it ends
// with a request, so whatever outlives a request (OPcache's code, persistent connections, caches of
// libraries, tusk's own data) is allocated elsewhere; code that keeps a pointer into the heap
// without knowing when the request ends would be wrong with any request. The mappings stay, so that
// nothing else takes their place, and so does the first page of each chunk, which has the
// allocator's lists. Not for a thread that a signal has stopped at any instruction
// (Containment::stop()): it may have unmapped memory that its lists still contain.
//
// The layout is that of struct _zend_mm_heap in Zend/zend_alloc.c (PHP 8.4), which is not an
// interface: it is checked, and nothing is returned if it does not match.
class StoppedHeap {
 public:
  StoppedHeap() noexcept;
  StoppedHeap(const StoppedHeap&) = delete;
  StoppedHeap& operator=(const StoppedHeap&) = delete;

  void give_back() const noexcept;

 private:
  const void* const heap_;
};

}  // namespace tusk::php::crash
