#include "php/sapi/json_context.h"

#include <cmath>
#include <iterator>
#include <string_view>

#include <fmt/format.h>

#include "observe/escape.h"

namespace tusk::php::sapi {

namespace {

constexpr std::size_t kMaxStringBytes = std::size_t{2} * 1024;
constexpr std::string_view kLeftOut = "\"\xe2\x80\xa6\"";

// PHP cannot leave these frames by longjmp: nothing here allocates from PHP's heap or calls a
// script.
class Encoder {
 public:
  explicit Encoder(std::string& out) : out_(out), limit_(out.size() + kContextBytes) {}

  void object(HashTable* table, int depth) {
    out_.push_back('{');
    bool first = true;
    zend_ulong number = 0;
    zend_string* name = nullptr;
    zval* element = nullptr;
    ZEND_HASH_FOREACH_KEY_VAL(table, number, name, element) {
      if (!separate(first)) {
        out_.append("\"\xe2\x80\xa6\":").append(kLeftOut);
        break;
      }
      name != nullptr ? text({ZSTR_VAL(name), ZSTR_LEN(name)})
                      : text(std::to_string(static_cast<zend_long>(number)));
      out_.push_back(':');
      value(element, depth);
    }
    ZEND_HASH_FOREACH_END();
    out_.push_back('}');
  }

 private:
  // False: there is no room for another element.
  bool separate(bool& first) {
    if (!first) out_.push_back(',');
    first = false;
    return out_.size() < limit_;
  }

  void text(std::string_view whole) {
    out_.push_back('"');
    observe::append_json_escaped(out_, whole.substr(0, kMaxStringBytes));
    if (whole.size() > kMaxStringBytes) out_.append("\xe2\x80\xa6");
    out_.push_back('"');
  }
  void text(const zend_string* string) { text({ZSTR_VAL(string), ZSTR_LEN(string)}); }

  void number(double number) {
    if (std::isfinite(number)) {
      fmt::format_to(std::back_inserter(out_), "{}", number);
    } else {
      text(std::isnan(number) ? "NAN" : number > 0 ? "INF" : "-INF");
    }
  }

  void array(HashTable* table, int depth) {
    if (depth >= kContextDepth) {
      out_.append(kLeftOut);
      return;
    }
    if (!zend_array_is_list(table)) return object(table, depth + 1);
    out_.push_back('[');
    bool first = true;
    zval* element = nullptr;
    ZEND_HASH_FOREACH_VAL(table, element) {
      if (!separate(first)) {
        out_.append(kLeftOut);
        break;
      }
      value(element, depth + 1);
    }
    ZEND_HASH_FOREACH_END();
    out_.push_back(']');
  }

  // Reads the slot itself. zend_read_property() would call __get() or a property's hook, which may
  // free what is being written, or end the script. A subclass keeps the slots of its parent.
  void member(zend_object* object, zend_class_entry* scope, std::string_view name) {
    const auto* const info = static_cast<const zend_property_info*>(
        zend_hash_str_find_ptr(&scope->properties_info, name.data(), name.size()));
    out_.push_back(',');
    text(name);
    out_.push_back(':');
    value(OBJ_PROP(object, info->offset), kContextDepth);
  }

  void exception(zend_object* object) {
    zend_class_entry* const scope =
        instanceof_function(object->ce, zend_ce_exception) ? zend_ce_exception : zend_ce_error;
    out_.append(R"({"class":)");
    text(object->ce->name);
    for (const std::string_view name : {"message", "code", "file", "line"}) {
      member(object, scope, name);
    }
    out_.push_back('}');
  }

  void object_value(zend_object* object) {
    if ((object->ce->ce_flags & ZEND_ACC_ENUM) != 0) {
      const bool backed = object->ce->enum_backing_type != IS_UNDEF;
      return value(backed ? zend_enum_fetch_case_value(object) : zend_enum_fetch_case_name(object),
                   kContextDepth);
    }
    if (instanceof_function(object->ce, zend_ce_throwable)) return exception(object);
    text(object->ce->name);
  }

  void value(zval* of, int depth) {
    ZVAL_DEREF(of);
    switch (Z_TYPE_P(of)) {
      case IS_TRUE:
        out_.append("true");
        break;
      case IS_FALSE:
        out_.append("false");
        break;
      case IS_LONG:
        out_.append(std::to_string(Z_LVAL_P(of)));
        break;
      case IS_DOUBLE:
        return number(Z_DVAL_P(of));
      case IS_STRING:
        return text(Z_STR_P(of));
      case IS_ARRAY:
        return array(Z_ARRVAL_P(of), depth);
      case IS_OBJECT:
        return object_value(Z_OBJ_P(of));
      case IS_RESOURCE: {
        const char* const type = zend_rsrc_list_get_rsrc_type(Z_RES_P(of));
        return text(type != nullptr ? type : "resource (closed)");
      }
      default:
        out_.append("null");
    }
  }

  std::string& out_;
  const std::size_t limit_;
};

}  // namespace

void append_json_context(std::string& out, HashTable* context) { Encoder(out).object(context, 0); }

}  // namespace tusk::php::sapi
