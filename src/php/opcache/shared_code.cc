#include "php/opcache/shared_code.h"

#include "php/opcache/high_water_mark.h"
#include "php/process/fork.h"
#include "php/zend.h"

namespace tusk::php::opcache {

namespace {

// For linked classes; its mark is the number of map_ptr slots.
constinit HighWaterMark slots;

decltype(zend_inheritance_cache_get) opcache_get = nullptr;
decltype(zend_inheritance_cache_add) opcache_add = nullptr;

// False: PHP has bailed out. In a frame without destructors.
bool try_to_add(zend_class_entry** added, zend_class_entry* linked, zend_class_entry* original,
                zend_class_entry* parent, zend_class_entry** traits_and_interfaces,
                HashTable* dependencies) noexcept {
  volatile bool done = false;
  zend_try {
    *added = opcache_add(linked, original, parent, traits_and_interfaces, dependencies);
    done = true;
  }
  zend_end_try();
  return done;
}

zend_class_entry* add_class(zend_class_entry* linked, zend_class_entry* original,
                            zend_class_entry* parent, zend_class_entry** traits_and_interfaces,
                            HashTable* dependencies) {
  // The child has no other thread, and one of the parent's may have been adding at the fork.
  if (process::in_forked_child()) {
    return opcache_add(linked, original, parent, traits_and_interfaces, dependencies);
  }
  zend_class_entry* added = nullptr;
  slots.begin_addition();
  const bool done =
      try_to_add(&added, linked, original, parent, traits_and_interfaces, dependencies);
  slots.end_addition(CG(map_ptr_last));
  if (!done) zend_bailout();
  return added;
}

zend_class_entry* get_class(zend_class_entry* original, zend_class_entry* parent,
                            zend_class_entry** traits_and_interfaces) {
  zend_class_entry* const found = opcache_get(original, parent, traits_and_interfaces);
  if (found != nullptr && !process::in_forked_child()) zend_map_ptr_extend(slots.settled());
  return found;
}

// Callers of zend_new_interned_string() rely on the hash.
zend_string* ZEND_FASTCALL return_unchanged(zend_string* string) noexcept {
  zend_string_hash_val(string);
  return string;
}

}  // namespace

void SharedCode::install() noexcept {
  if (zend_inheritance_cache_get != nullptr && zend_inheritance_cache_add != nullptr) {
    opcache_get = zend_inheritance_cache_get;
    opcache_add = zend_inheritance_cache_add;
    zend_inheritance_cache_get = get_class;
    zend_inheritance_cache_add = add_class;
  }
  keep_own_strings();
}

void SharedCode::keep_own_strings() noexcept {
  // The other two functions make a new string if they find none: they free nothing of their
  // caller's.
  zend_interned_strings_set_request_storage_handlers(return_unchanged, zend_string_init_interned,
                                                     zend_string_init_existing_interned);
  zend_interned_strings_switch_storage(true);
}

void SharedCode::begin_request(bool restarted) noexcept {
  // The thread that restarts frees the slots of all cached code, but in its own table only. This
  // thread's table would never shrink, and new code would get slots beyond the old ones: the
  // tables, which are cleared for each request, would grow with every restart.
  if (restarted) zend_map_ptr_reset();
  zend_map_ptr_extend(slots.value());
}

void SharedCode::end_request() noexcept {
  if (CG(map_ptr_last) > slots.value()) slots.raise(CG(map_ptr_last));
}

void SharedCode::forget() noexcept { slots.reset(); }

}  // namespace tusk::php::opcache
