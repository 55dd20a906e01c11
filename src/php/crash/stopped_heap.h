// StoppedHeap: gives the pages of a thread's PHP heap back to the kernel once the thread has
// crashed and stopped for ever (php/crash/containment.h). That is up to memory_limit for each such
// thread.
//
// Nobody else reads this memory: PHP's allocator has one heap a thread, all of it ends with a
// request, so whatever outlives a request (OPcache's code, persistent connections, caches of
// libraries, what tusk itself keeps) is from elsewhere, and who holds on to a pointer into it
// without knowing when the request ends would be wrong with any request. The mappings stay, so that
// nothing else takes their place, and so do the first page of each chunk, where the allocator's
// lists are. Not for a thread that a signal has stopped at any instruction (Containment::stop()):
// it may have unmapped what its lists still have.
//
// The layout is that of struct _zend_mm_heap in Zend/zend_alloc.c (PHP 8.4), which is no interface:
// it is checked, and nothing is given back where it does not hold.
//
// Owner: an executor. Threads: made on its worker; give_back() the watchdog, when that has stopped.
#pragma once

#include <cstddef>

namespace tusk::php::crash {

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
