#include "php/preload/php_trial.h"

#include <functional>
#include <thread>
#include <utility>

#include <nlohmann/json.hpp>

#include "php/compatibility/thread_globals.h"
#include "php/preload/file_facts.h"
#include "php/request_run.h"
#include "php/runtime.h"
#include "php/zend.h"

namespace tusk::php::preload {

namespace {

using Json = nlohmann::json;

// Bytes that are no UTF-8 become others, and the file is one that PHP has not seen.
std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// No path is like it.
constexpr const char* kFailure = "failure";

std::string failure_in(const Json& json) {
  return json.contains(kFailure) ? json.at(kFailure).get<std::string>() : std::string();
}

// A thread-safe PHP runs no request on the thread that has started it.
void in_request(Runtime& runtime, const std::function<void()>& work) {
  const auto run = [&] {
    // Neither the request nor the thread ends in order: what was compiled was taken out of PHP's
    // tables without being freed. The process ends soon.
    auto* const thread = new PhpThread(runtime);
    if (!thread->begin_request() || !start_request()) return;
    // A file needs as much as it needs, whatever a request may have.
    (void)zend_set_memory_limit(static_cast<std::size_t>(-1) >> 1);
    EG(error_reporting) = 0;
    work();
  };
  if constexpr (compatibility::kIsThreadSafe) {
    std::thread(run).join();
  } else {
    run();
  }
}

// PHP may leave it by longjmp: it has no destructors.
void ask_status(zval* status) noexcept {
  ZVAL_UNDEF(status);
  zend_try { zend_eval_string("opcache_get_status(true)", status, "tusk"); }
  zend_end_try();
}

std::uint64_t number_in(const zval* table, std::string_view name) {
  if (Z_TYPE_P(table) != IS_ARRAY) return 0;
  const zval* const value = zend_hash_str_find(Z_ARRVAL_P(table), name.data(), name.size());
  return value != nullptr && Z_TYPE_P(value) == IS_LONG && Z_LVAL_P(value) > 0
             ? static_cast<std::uint64_t>(Z_LVAL_P(value))
             : 0;
}

}  // namespace

Facts collect_facts(Runtime& runtime, const std::vector<std::string>& files) {
  Facts facts;
  in_request(runtime, [&] {
    for (const std::string& file : files) facts[file] = facts_of_file(file);
  });
  return facts;
}

std::map<std::string, std::uint64_t> script_memory(Runtime& runtime) {
  std::map<std::string, std::uint64_t> memory;
  in_request(runtime, [&] {
    zval status;
    ask_status(&status);
    if (Z_TYPE(status) != IS_ARRAY) return;
    const zval* const scripts = zend_hash_str_find(Z_ARRVAL(status), ZEND_STRL("scripts"));
    if (scripts == nullptr || Z_TYPE_P(scripts) != IS_ARRAY) return;
    zend_string* path = nullptr;
    zval* script = nullptr;
    ZEND_HASH_FOREACH_STR_KEY_VAL(Z_ARRVAL_P(scripts), path, script) {
      if (path != nullptr)
        memory.emplace(std::string(ZSTR_VAL(path), ZSTR_LEN(path)),
                       number_in(script, "memory_consumption"));
    }
    ZEND_HASH_FOREACH_END();
  });
  return memory;
}

std::string encode_failure(const std::string& reason) { return text_of({{kFailure, reason}}); }

std::string encode(const Facts& facts) {
  Json json = Json::object();
  for (const auto& [path, file] : facts)
    json[path] = {{"obstacle", file.obstacle}, {"names", file.names}, {"needs", file.needs}};
  return text_of(json);
}

base::Result<Facts> decode_facts(const std::string& text) {
  try {
    Facts facts;
    const Json all = Json::parse(text);
    if (const std::string failure = failure_in(all); !failure.empty()) return base::fail(failure);
    for (const auto& [path, json] : all.items()) {
      FileFacts& file = facts[path];
      json.at("obstacle").get_to(file.obstacle);
      json.at("names").get_to(file.names);
      json.at("needs").get_to(file.needs);
    }
    return facts;
  } catch (const Json::exception& error) {
    return base::fail(error.what());
  }
}

std::string encode(const Trial& trial) {
  return text_of({{"is_used", trial.is_used},
                  {"configured_script", trial.configured_script},
                  {"memory_bytes", trial.memory_bytes}});
}

base::Result<Trial> decode_trial(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    if (const std::string failure = failure_in(json); !failure.empty()) return base::fail(failure);
    Trial trial;
    json.at("is_used").get_to(trial.is_used);
    json.at("configured_script").get_to(trial.configured_script);
    json.at("memory_bytes").get_to(trial.memory_bytes);
    return trial;
  } catch (const Json::exception& error) {
    return base::fail(error.what());
  }
}

}  // namespace tusk::php::preload
