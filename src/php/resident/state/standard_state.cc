#include "php/resident/state/standard_state.h"

#include <cstring>
#include <string_view>

#include <sys/stat.h>

#include "php/resident/state/function_call.h"
#include "php/resident/state/release_text.h"

namespace tusk::php::resident::state {

namespace {

// Frees what a function remembers until its next call. True: a function of the script was released.
bool forget_last_calls() {
  release_text(BG(strtok_string));
  BG(strtok_last) = nullptr;
  release_text(BG(CurrentStatFile));
  release_text(BG(CurrentLStatFile));
  compatibility::forget_last_http_headers();
  compatibility::forget_multibyte_state();
  // sys_get_temp_dir(), from TMPDIR.
  release_text(PG(php_sys_temp_dir));
  // Never called, because the head was not sent.
  if (Z_TYPE(SG(callback_func)) == IS_UNDEF) return false;
  zval_ptr_dtor(&SG(callback_func));
  ZVAL_UNDEF(&SG(callback_func));
  return true;
}

// The output handler of these variables has ended with the request's output, but PHP starts another
// only if this is not active (PHP_RSHUTDOWN_FUNCTION(url_scanner)).
void stop(url_adapt_state_ex_t& rewriter) {
  if (rewriter.active == 0) return;
  for (smart_str* text : {&rewriter.result, &rewriter.buf, &rewriter.tag, &rewriter.arg,
                          &rewriter.attr_val, &rewriter.form_app, &rewriter.url_app}) {
    smart_str_free(text);
  }
  rewriter.active = rewriter.tag_type = rewriter.attr_type = 0;
}

std::size_t count(const zend_llist* list) { return list != nullptr ? list->count : 0; }

}  // namespace

void StandardState::take() {
  environments_.clear();
  keep_environment();
  umask_ = -1;
  locale_changed_ = false;
  remember();
}

void StandardState::renew() {
  if (zend_hash_num_elements(&BG(putenv_ht)) != 0) keep_environment();
  remember();
}

// PHP's destructor of an element undoes its putenv().
void StandardState::keep_environment() {
  environments_.push_back(BG(putenv_ht));
  zend_hash_init(&BG(putenv_ht), 0, nullptr, environments_.back().pDestructor, false);
}

void StandardState::remember() {
  if (umask_ == -1) umask_ = BG(umask);
  BG(umask) = -1;
  release_text(ctype_);
  ctype_ = BG(ctype_string) != nullptr ? zend_string_copy(BG(ctype_string)) : nullptr;
  locale_changed_ = locale_changed_ || BG(locale_changed);
  BG(locale_changed) = false;
  char path[MAXPATHLEN];
  const char* const directory = VCWD_GETCWD(path, sizeof path);
  release_text(directory_);
  directory_ = directory != nullptr ? zend_string_init(path, std::strlen(path), false) : nullptr;
  tick_functions_ = count(BG(user_tick_functions));
  (void)forget_last_calls();
}

bool StandardState::put_back() {
  put_back_environment();
  put_back_umask();
  put_back_locale();
  put_back_directory();
  bool released = forget_last_calls();
  stop(BG(url_adapt_session_ex));
  stop(BG(url_adapt_output_ex));
  while (count(BG(user_tick_functions)) > tick_functions_) {
    zend_llist_remove_tail(BG(user_tick_functions));
    released = true;
  }
  return released;
}

// The variables themselves are put back by ScriptThread.
void StandardState::put_back_environment() {
  if (zend_hash_num_elements(&BG(putenv_ht)) == 0) return;
  zend_hash_clean(&BG(putenv_ht));
}

// umask() keeps what it found when it was called first.
void StandardState::put_back_umask() {
  if (BG(umask) == -1) return;
  ::umask(static_cast<mode_t>(BG(umask)));
  BG(umask) = -1;
}

void StandardState::put_back_locale() {
  if (!BG(locale_changed)) return;
  BG(locale_changed) = false;
  locale_is_stale_ = true;
  release_text(BG(ctype_string));
  BG(ctype_string) = ctype_ != nullptr ? zend_string_copy(ctype_) : nullptr;
}

void StandardState::notice_locale() {
  if (!locale_is_stale_) return;
  locale_is_stale_ = false;
  zend_update_current_locale();
}

// By chdir(), which OPcache and the thread's own directory follow.
void StandardState::put_back_directory() {
  if (directory_ == nullptr) return;
  char path[MAXPATHLEN];
  const char* const now = VCWD_GETCWD(path, sizeof path);
  if (now != nullptr &&
      std::string_view(now) == std::string_view(ZSTR_VAL(directory_), ZSTR_LEN(directory_)))
    return;
  zval argument;
  ZVAL_STR(&argument, directory_);
  zval result;
  FunctionCall("chdir").call(&argument, 1, result);
  zval_ptr_dtor(&result);
}

void StandardState::forget() {
  for (; !environments_.empty(); environments_.pop_back()) {
    zend_hash_destroy(&BG(putenv_ht));
    BG(putenv_ht) = environments_.back();
  }
  if (umask_ != -1) BG(umask) = umask_;
  BG(locale_changed) = BG(locale_changed) || locale_changed_;
  release_text(ctype_);
  release_text(directory_);
}

}  // namespace tusk::php::resident::state
