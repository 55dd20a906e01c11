// What a rewind must know of PHP's allocator: the pages that it has free, whose contents nobody
// reads, and its code.
//
// Thread: one that runs PHP.
#pragma once

#include <span>
#include <vector>

#include "php/rewind/range.h"

namespace tusk::php::resident {

// The layout of the allocator's chunks (struct _zend_mm_chunk in Zend/zend_alloc.c) is the one that
// is known here. False also where the environment has set USE_ZEND_ALLOC=0.
bool knows_heap();

// Memory whose contents nobody reads: the allocator's free pages, and what is left of the stack of
// PHP's frames (EG(vm_stack)).
//
// Without free pages if knows_heap() says no: then a rewind restores more than it must.
std::vector<rewind::Range> unused_memory();

// The allocator's pages that are in use.
std::vector<rewind::Range> used_heap_pages();

// Gives away the blocks that PHP's allocator has free in the pages that are in use, so that what a
// request allocates is in free pages, which a rewind leaves alone. The boot's own pages are then
// written only where a request changes what the boot has made.
// PHP may leave it by longjmp, at its memory limit.
void use_up_free_blocks(std::span<const rewind::Range> used);

// The machine code that PHP's allocator is part of: what it maps in chunks need not be zero.
rewind::Range allocator_code() noexcept;

}  // namespace tusk::php::resident
