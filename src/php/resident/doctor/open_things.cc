#include "php/resident/doctor/open_things.h"

#include <array>
#include <string_view>
#include <utility>

#include <unistd.h>

#include "php/script_thread.h"
#include "php/zend.h"

namespace tusk::php::resident::doctor {

namespace {

// "/srv/export.csv", "socket:[123]", "pipe:[45]". Empty: it is closed.
std::string target_of(int fd) {
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  std::array<char, 4096> target{};
  const ssize_t length = ::readlink(link.c_str(), target.data(), target.size());
  return length <= 0 ? std::string() : std::string(target.data(), static_cast<std::size_t>(length));
}

// Without the numbers of sockets and pipes, so that those of all requests are one finding.
std::string subject_of(const std::string& target) {
  if (target.starts_with('/')) return "file " + target;
  return target.substr(0, target.find(':'));
}

zend_class_entry* pdo_class() {
  constexpr std::string_view kName = "pdo";
  return static_cast<zend_class_entry*>(
      zend_hash_str_find_ptr(EG(class_table), kName.data(), kName.size()));
}

// Asks PDO itself and not a method of a derived class, which would be PHP code. An object whose
// constructor has failed throws.
bool is_in_transaction(zend_function* method, zend_object* object) noexcept {
  zval result;
  ZVAL_UNDEF(&result);
  zend_try { zend_call_known_function(method, object, object->ce, &result, 0, nullptr, nullptr); }
  zend_end_try();
  if (EG(exception) != nullptr) {
    OBJ_RELEASE(EG(exception));
    EG(exception) = nullptr;
  }
  return Z_TYPE(result) == IS_TRUE;
}

void look_at_transactions(Findings& findings) {
  zend_class_entry* const pdo = pdo_class();
  if (pdo == nullptr) return;
  constexpr std::string_view kMethod = "intransaction";
  auto* const method = static_cast<zend_function*>(
      zend_hash_str_find_ptr(&pdo->function_table, kMethod.data(), kMethod.size()));
  if (method == nullptr) return;
  for (std::uint32_t i = 1; i < EG(objects_store).top; ++i) {
    zend_object* const object = EG(objects_store).object_buckets[i];
    if (!IS_OBJ_VALID(object) || (OBJ_FLAGS(object) & IS_OBJ_FREE_CALLED) != 0) continue;
    if (!instanceof_function(object->ce, pdo) || !is_in_transaction(method, object)) continue;
    const std::string name(ZSTR_VAL(object->ce->name), ZSTR_LEN(object->ce->name));
    findings.add(FindingKind::kTransaction, "transaction of " + name.substr(0, name.find('\0')), "",
                 "");
  }
}

}  // namespace

void OpenThings::look(Findings* findings) {
  std::unordered_map<int, std::string> open;
  ScriptThread* const thread = ScriptThread::current();
  if (thread == nullptr) return;
  thread->descriptors.for_each_of_this_request([&](const descriptors::OpenedDescriptor& one) {
    std::string target = target_of(one.fd);
    if (target.empty()) return;
    const auto before = descriptors_.find(one.fd);
    if (findings != nullptr && (before == descriptors_.end() || before->second != target))
      findings->add(FindingKind::kDescriptor, subject_of(target), "", "");
    open.emplace(one.fd, std::move(target));
  });
  descriptors_ = std::move(open);
  if (findings != nullptr) look_at_transactions(*findings);
}

}  // namespace tusk::php::resident::doctor
