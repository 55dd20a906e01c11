#include "php/preload/file_facts.h"

#include <string_view>

#include "php/zend.h"

namespace tusk::php::preload {

namespace {

// PHP's tables as they are before the file.
struct TableSizes {
  std::uint32_t classes;
  std::uint32_t functions;
  std::uint32_t constants;
};

TableSizes table_sizes() noexcept {
  return {CG(class_table)->nNumUsed, CG(function_table)->nNumUsed, EG(zend_constants)->nNumUsed};
}

// Null: it cannot be compiled. PHP may leave it by longjmp: it has no destructors.
zend_op_array* compile(const char* path) noexcept {
  zend_op_array* volatile code = nullptr;
  const std::uint32_t options = CG(compiler_options);
  zend_try {
    zend_file_handle file{};
    zend_stream_init_filename(&file, path);
    // opcache_compile_file() does the same: classes are not linked with those of other files.
    CG(compiler_options) |= ZEND_COMPILE_IGNORE_OTHER_FILES | ZEND_COMPILE_WITHOUT_EXECUTION;
    code = compile_file(&file, ZEND_INCLUDE);
    zend_destroy_file_handle(&file);
  }
  zend_end_try();
  CG(compiler_options) = options;
  // A syntax error.
  if (EG(exception) != nullptr) {
    zend_try { zend_clear_exception(); }
    zend_end_try();
    return nullptr;
  }
  return code;
}

std::string_view view(const zend_string* text) { return {ZSTR_VAL(text), ZSTR_LEN(text)}; }

// What the file does when it is included, besides declaring; empty: nothing.
std::string_view effect(const zend_op_array& code) {
  for (std::uint32_t i = 0; i < code.last; ++i) {
    switch (code.opcodes[i].opcode) {
      case ZEND_NOP:
      case ZEND_DECLARE_CLASS:
      case ZEND_DECLARE_CLASS_DELAYED:
      case ZEND_RETURN:
      case ZEND_EXT_STMT:
      case ZEND_EXT_NOP:
        break;
      case ZEND_DECLARE_FUNCTION:
        return "it declares a function under a condition";
      default:
        return "it has code besides its declarations";
    }
  }
  return {};
}

void add_need(FileFacts& facts, zend_string* name) {
  zend_string* const lower = zend_string_tolower(name);
  const auto* const found =
      static_cast<const zend_class_entry*>(zend_hash_find_ptr(CG(class_table), lower));
  const bool has_php = found != nullptr && found->type == ZEND_INTERNAL_CLASS;
  if (!has_php) facts.needs.emplace_back(view(lower));
  zend_string_release(lower);
}

void add_class(FileFacts& facts, const zend_class_entry& entry) {
  if ((entry.ce_flags & ZEND_ACC_ANON_CLASS) == 0) {
    facts.names.emplace_back(view(entry.name));
    if ((entry.ce_flags & ZEND_ACC_TOP_LEVEL) == 0 && facts.obstacle.empty())
      facts.obstacle = "it declares " + facts.names.back() + " under a condition";
  }
  if ((entry.ce_flags & ZEND_ACC_LINKED) != 0) return;
  if (entry.parent_name != nullptr) add_need(facts, entry.parent_name);
  for (std::uint32_t i = 0; i < entry.num_interfaces; ++i)
    add_need(facts, entry.interface_names[i].name);
  for (std::uint32_t i = 0; i < entry.num_traits; ++i) add_need(facts, entry.trait_names[i].name);
}

// Neither frees what it removes: this process ends soon.
void forget_since(HashTable* table, std::uint32_t size) noexcept {
  const dtor_func_t destructor = table->pDestructor;
  table->pDestructor = nullptr;
  while (table->nNumUsed > size) {
    Bucket* const last = table->arData + table->nNumUsed - 1;
    if (Z_TYPE(last->val) == IS_UNDEF) {
      --table->nNumUsed;
    } else {
      zend_hash_del_bucket(table, last);
    }
  }
  table->pDestructor = destructor;
}

}  // namespace

FileFacts facts_of_file(const std::string& path) {
  FileFacts facts;
  const TableSizes before = table_sizes();
  const zend_op_array* const code = compile(path.c_str());
  if (code == nullptr) {
    facts.obstacle = "PHP cannot compile it";
  } else {
    facts.obstacle = effect(*code);
    if (EG(zend_constants)->nNumUsed != before.constants)
      facts.obstacle = "it has data behind __halt_compiler()";
    for (std::uint32_t i = before.classes; i < CG(class_table)->nNumUsed; ++i) {
      const Bucket& bucket = CG(class_table)->arData[i];
      if (Z_TYPE(bucket.val) == IS_PTR)
        add_class(facts, *static_cast<const zend_class_entry*>(Z_PTR(bucket.val)));
    }
    for (std::uint32_t i = before.functions; i < CG(function_table)->nNumUsed; ++i) {
      const Bucket& bucket = CG(function_table)->arData[i];
      if (Z_TYPE(bucket.val) != IS_PTR) continue;
      const auto& function = *static_cast<const zend_function*>(Z_PTR(bucket.val));
      facts.names.push_back(std::string(view(function.common.function_name)) + "()");
    }
  }
  forget_since(CG(class_table), before.classes);
  forget_since(CG(function_table), before.functions);
  forget_since(EG(zend_constants), before.constants);
  return facts;
}

}  // namespace tusk::php::preload
