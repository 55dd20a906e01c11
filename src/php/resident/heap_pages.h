// What a rewind must know of PHP's allocator: the pages that it has free, whose contents nobody
// reads, and its code.
//
// Thread: one that runs PHP.
#pragma once

#include <vector>

#include "php/rewind/range.h"

namespace tusk::php::resident {

// Empty if the layout of the allocator's chunks (struct _zend_mm_chunk in Zend/zend_alloc.c) is not
// the one that is known here: then a rewind restores more than it must.
std::vector<rewind::Range> free_heap_pages();

// The machine code that PHP's allocator is part of: what it maps in chunks need not be zero.
rewind::Range allocator_code() noexcept;

}  // namespace tusk::php::resident
