#include "php/backtrace/heap_use.h"

#include "php/backtrace/process_memory.h"
#include "php/zend.h"

namespace tusk::php::backtrace {

namespace {

struct Heap {  // the beginning of struct _zend_mm_heap in Zend/zend_alloc.c
  int use_custom_heap;
  void* storage;
  std::size_t size;
  std::size_t peak;
#if PHP_VERSION_ID >= 80400
  std::uintptr_t shadow_key;
#endif
  void* free_slots[30];
  std::size_t real_size;
  std::size_t real_peak;
};

// Whether the layout is the one that is known here.
bool is_known(const Heap& heap) noexcept {
  return heap.use_custom_heap == 0 && heap.size == zend_memory_usage(false) &&
         heap.real_size == zend_memory_usage(true) &&
         heap.real_peak == zend_memory_peak_usage(true);
}

}  // namespace

HeapUse::HeapUse() noexcept : heap_(zend_mm_get_heap()) {
  if (!is_known(*static_cast<const Heap*>(heap_))) heap_ = nullptr;
}

const void* HeapUse::figures() const noexcept {
  return heap_ != nullptr ? &static_cast<const Heap*>(heap_)->real_size : nullptr;
}

exec::observation::MemoryUse HeapUse::now() const noexcept {
  struct {
    std::size_t real_size;
    std::size_t real_peak;
  } use{};
  if (heap_ == nullptr || !ProcessMemory::read(figures(), &use, sizeof use)) return {};
  return {.now_bytes = use.real_size, .peak_bytes = use.real_peak};
}

}  // namespace tusk::php::backtrace
