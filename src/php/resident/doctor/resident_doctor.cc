#include "php/resident/doctor/resident_doctor.h"

#include <string_view>

#include "observe/log.h"
#include "php/zend.h"

namespace tusk::php::resident::doctor {

namespace {

// Runs destructors of objects that only refer to each other. They are PHP code.
void collect_garbage() noexcept {
  zend_try { gc_collect_cycles(); }
  zend_end_try();
  if (EG(exception) == nullptr) return;
  observe::warn("resident doctor: a destructor has thrown while garbage was collected",
                {{"exception", std::string_view(ZSTR_VAL(EG(exception)->ce->name))}});
  OBJ_RELEASE(EG(exception));
  EG(exception) = nullptr;
}

std::map<std::string, std::uint64_t> resources() {
  std::map<std::string, std::uint64_t> found;
  void* element = nullptr;
  ZEND_HASH_FOREACH_PTR(&EG(regular_list), element) {
    const char* const type = zend_rsrc_list_get_rsrc_type(static_cast<zend_resource*>(element));
    if (type != nullptr) ++found[type];
  }
  ZEND_HASH_FOREACH_END();
  return found;
}

std::string_view pool_of(const RequestContext& context) {
  return context.scripts == nullptr ? std::string_view() : context.scripts->pool;
}

}  // namespace

void ResidentDoctor::begin_request() noexcept { values_.look_at_globals(); }

void ResidentDoctor::end_request(const RequestContext& context) noexcept {
  collect_garbage();
  ++requests_;
  const http::RequestHead& head = context.job->head;
  findings_.begin_request({.pool = pool_of(context),
                           .method = head.view(head.method),
                           .path = head.view(head.path),
                           .number = requests_});
  Findings* const findings = requests_ <= settings_.warm_up ? nullptr : &findings_;
  values_.look(findings);
  open_.look(findings);
  if (requests_ % settings_.round == 0) count();
  tell_request(context);
}

void ResidentDoctor::tell_request(const RequestContext& context) const {
  const http::RequestHead& head = context.job->head;
  observe::debug("resident doctor: a request was examined",
                 {{"memory", std::uint64_t{zend_memory_usage(false)}},
                  {"pool", pool_of(context)},
                  {"method", head.view(head.method)},
                  {"path", head.view(head.path)},
                  {"request_of_script", requests_}});
}

void ResidentDoctor::end_script(const RequestContext& context) noexcept {
  findings_.end_script(pool_of(context));
  values_.forget();
  open_.forget();
  counts_.clear();
  requests_ = 0;
}

void ResidentDoctor::count() {
  add_count("memory in bytes", zend_memory_usage(false));
  add_count("included files", zend_hash_num_elements(&EG(included_files)));
  add_count("classes", zend_hash_num_elements(EG(class_table)));
  add_count("functions", zend_hash_num_elements(EG(function_table)));
  add_count("constants", zend_hash_num_elements(EG(zend_constants)));
  for (const auto& [entry, number] : values_.objects()) {
    const std::string_view name(ZSTR_VAL(entry->name), ZSTR_LEN(entry->name));
    add_count("objects of " + std::string(name.substr(0, name.find('\0'))), number);
  }
  for (const auto& [type, number] : resources()) add_count("resources of type " + type, number);
}

void ResidentDoctor::add_count(const std::string& what, std::uint64_t value) {
  SteadyGrowth& growth = counts_[what];
  if (!growth.add(value)) return;
  findings_.add(FindingKind::kSteady, what, std::to_string(growth.first()),
                std::to_string(growth.last()));
}

}  // namespace tusk::php::resident::doctor
