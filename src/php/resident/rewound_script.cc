#include "php/resident/rewound_script.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "php/library/openssl_random.h"
#include "php/path_cache.h"
#include "php/resident/heap_pages.h"
#include "php/zend.h"

namespace tusk::php::resident {

namespace {

// Modules whose objects are memory and nothing else. SPL's files are resources.
constexpr std::array<std::string_view, 22> kQuietModules = {
    "Core", "standard",  "SPL", "date",   "Reflection", "json",      "random",   "hash",
    "dom",  "SimpleXML", "xml", "libxml", "tokenizer",  "ctype",     "mbstring", "intl",
    "gmp",  "bcmath",    "gd",  "pcre",   "sysvshm",    "xmlreader",
};

// PHP seeds its generators when they are used next.
void forget_seeds() noexcept {
  RANDOM_G(mt19937_seeded) = false;
  RANDOM_G(combined_lcg_seeded) = false;
}

bool has_destructor(const zend_object* object) {
  return object->handlers->dtor_obj != zend_objects_destroy_object ||
         object->ce->destructor != nullptr;
}

zend_object* object_at(std::uint32_t handle) {
  zend_object* const object = EG(objects_store).object_buckets[handle];
  return IS_OBJ_VALID(object) ? object : nullptr;
}

// Does for one object what zend_objects_store_call_destructors() does for all.
void call_destructor(zend_object* object) {
  if (object == nullptr || (OBJ_FLAGS(object) & IS_OBJ_DESTRUCTOR_CALLED) != 0) return;
  GC_ADD_FLAGS(object, IS_OBJ_DESTRUCTOR_CALLED);
  if (!has_destructor(object)) return;
  GC_ADDREF(object);
  object->handlers->dtor_obj(object);
  GC_DELREF(object);
}

void (*wish_reset)(observe::OpcacheRestartReason) = nullptr;
zif_handler opcache_reset = nullptr;

ZEND_FUNCTION(reset_and_tell) {
  opcache_reset(INTERNAL_FUNCTION_PARAM_PASSTHRU);
  if (wish_reset != nullptr && Z_TYPE_P(return_value) == IS_TRUE)
    wish_reset(observe::OpcacheRestartReason::kReset);
}

}  // namespace

void RewoundScript::take() noexcept {
  find_quiet_modules();
  zend_try {
    gc_collect_cycles();
    zend_mm_gc(zend_mm_get_heap());
  }
  zend_end_try();
  const std::vector<rewind::Range> used = used_heap_pages();
  zend_try { use_up_free_blocks(used); }
  zend_end_try();
  mark_objects();
  resources_ = static_cast<zend_ulong>(EG(regular_list).nNextFreeElement);
  persistent_resources_ = zend_hash_num_elements(&EG(persistent_list));
  umask_ = ::umask(0);
  ::umask(umask_);
  BG(umask) = -1;  // umask() remembers there what it has found when it was called first
  directory_.reset(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  // Else the boot's paths would expire, and then be looked up in each request.
  keep_cached_paths();
  php_clear_stat_cache(false, nullptr, 0);
  zend_memory_reset_peak_usage();
  forget_seeds();
  library::reseed_openssl_each_time();
}

void RewoundScript::find_quiet_modules() noexcept {
  void* element = nullptr;
  ZEND_HASH_FOREACH_PTR(&module_registry, element) {
    const auto* const module = static_cast<const zend_module_entry*>(element);
    if (std::ranges::find(kQuietModules, std::string_view(module->name)) == kQuietModules.end())
      continue;
    const auto number = static_cast<std::size_t>(module->module_number);
    if (number >= quiet_modules_.size()) quiet_modules_.resize(number + 1);
    quiet_modules_[number] = true;
  }
  ZEND_HASH_FOREACH_END();
}

// Free handles of the boot's objects are forgotten, so that a handle says whose object it is.
void RewoundScript::mark_objects() noexcept {
  zend_objects_store& store = EG(objects_store);
  store.free_list_head = -1;
  objects_ = store.top;
  for (std::uint32_t handle = 1; handle < objects_; ++handle) {
    const zend_object* const object = object_at(handle);
    // Not what extensions do at the end: they would close what the boot has opened.
    if (object != nullptr && object->ce->destructor != nullptr) destructors_.push_back(handle);
  }
}

void RewoundScript::call_hooks() {
  for (zval& hook : hooks_) {
    zval result;
    ZVAL_UNDEF(&result);
    if (call_user_function(nullptr, nullptr, &hook, &result, 0, nullptr) == SUCCESS)
      zval_ptr_dtor(&result);
    if (EG(exception) != nullptr) return;
  }
}

void RewoundScript::call_destructors() const {
  for (const std::uint32_t handle : destructors_) call_destructor(object_at(handle));
  for (std::uint32_t handle = objects_; handle < EG(objects_store).top; ++handle)
    call_destructor(object_at(handle));
}

void RewoundScript::close_resources() const {
  HashTable& list = EG(regular_list);
  while (list.nNumUsed != 0) {
    // The newest first.
    zend_resource* newest = nullptr;
    zend_ulong number = 0;
    zend_resource* resource = nullptr;
    ZEND_HASH_REVERSE_FOREACH_NUM_KEY(&list, number) {
      if (number < resources_) break;
      resource = static_cast<zend_resource*>(Z_PTR_P(zend_hash_index_find(&list, number)));
      if (resource->type < 0) continue;
      newest = resource;
      break;
    }
    ZEND_HASH_FOREACH_END();
    if (newest == nullptr) break;
    zend_list_close(newest);
  }
  HashTable& persistent = EG(persistent_list);
  while (zend_hash_num_elements(&persistent) > persistent_resources_) {
    HashPosition last{};
    zend_string* name = nullptr;
    zend_ulong number = 0;
    zend_hash_internal_pointer_end_ex(&persistent, &last);
    const bool has_name =
        zend_hash_get_current_key_ex(&persistent, &name, &number, &last) == HASH_KEY_IS_STRING;
    if ((has_name ? zend_hash_del(&persistent, name) : zend_hash_index_del(&persistent, number)) !=
        SUCCESS)
      break;
  }
}

void RewoundScript::leave_resources() const noexcept {
  zend_ulong number = 0;
  void* element = nullptr;
  ZEND_HASH_FOREACH_NUM_KEY_PTR(&EG(regular_list), number, element) {
    if (number >= resources_) break;
    const auto* const resource = static_cast<const zend_resource*>(element);
    if (resource->type != php_file_le_stream()) continue;
    static_cast<php_stream*>(resource->ptr)->flags |= PHP_STREAM_FLAG_NO_CLOSE;
  }
  ZEND_HASH_FOREACH_END();
}

// Does what zend_objects_store_free_object_storage() does, but for objects of extensions only.
void RewoundScript::close_objects() const {
  const zend_objects_store& store = EG(objects_store);
  for (std::uint32_t handle = store.top; handle-- > objects_;) {
    zend_object* const object = object_at(handle);
    if (object == nullptr || (OBJ_FLAGS(object) & IS_OBJ_FREE_CALLED) != 0) continue;
    if (!says_farewell(object)) continue;
    GC_ADD_FLAGS(object, IS_OBJ_FREE_CALLED);
    GC_ADDREF(object);
    object->handlers->free_obj(object);
  }
}

void RewoundScript::put_back_process() const noexcept {
  if (BG(umask) != -1) ::umask(umask_);
  // PHP's own idea of it is memory. If the directory is gone, so it is for every script.
  if (directory_) (void)::fchdir(directory_.get());
}

bool RewoundScript::says_farewell(const zend_object* object) const {
  if (object->handlers->free_obj == zend_object_std_dtor) return false;
  const zend_class_entry* of_class = object->ce;
  while (of_class->type == ZEND_USER_CLASS && of_class->parent != nullptr)
    of_class = of_class->parent;
  if (of_class->type == ZEND_USER_CLASS || of_class->info.internal.module == nullptr) return false;
  const auto number = static_cast<std::size_t>(of_class->info.internal.module->module_number);
  return number >= quiet_modules_.size() || !quiet_modules_[number];
}

void tell_of_cache_reset(void (*wish)(observe::OpcacheRestartReason)) noexcept {
  wish_reset = wish;
  if (compatibility::set_restart_hook(
          [](int reason) { wish_reset(compatibility::restart_reason(reason)); }))
    return;
  // Older versions tell of the function's call only.
  auto* const function = static_cast<zend_function*>(
      zend_hash_str_find_ptr(CG(function_table), ZEND_STRL("opcache_reset")));
  if (function == nullptr || function->type != ZEND_INTERNAL_FUNCTION || opcache_reset != nullptr)
    return;
  opcache_reset = function->internal_function.handler;
  function->internal_function.handler = zif_reset_and_tell;
}

}  // namespace tusk::php::resident
