#include "php/crash/php_frames.h"

#include <algorithm>
#include <string_view>

#include "observe/crash/safe_memory.h"
#include "php/compatibility/thread_globals.h"
#include "php/zend.h"

namespace tusk::php::crash {

namespace {

using base::process::CrashedPhpFrame;
using observe::crash::read_memory;
using observe::crash::read_object;

// Appends texts to an array, which ends with a NUL.
class Text {
 public:
  Text(char* begin, std::size_t size) noexcept : begin_(begin), size_(size) { *begin_ = '\0'; }

  void append(std::string_view text) noexcept {
    const std::size_t length = std::min(text.size(), size_ - 1 - used_);
    text.copy(begin_ + used_, length);
    used_ += length;
    begin_[used_] = '\0';
  }

  bool append(const zend_string* string) noexcept {
    std::size_t length = 0;
    if (string == nullptr || !read_object(&string->len, length)) return false;
    length = std::min(length, size_ - 1 - used_);
    if (!read_memory(string->val, begin_ + used_, length)) return false;
    used_ += length;
    begin_[used_] = '\0';
    return true;
  }

 private:
  char* const begin_;
  const std::size_t size_;
  std::size_t used_ = 0;
};

// The common begin of user functions and functions of C.
using Function = decltype(zend_function::common);

void name(const Function& function, CrashedPhpFrame& frame) noexcept {
  Text out(frame.function, sizeof(frame.function));
  if (function.function_name == nullptr) return out.append("{main}");
  const zend_string* scope = nullptr;
  if (function.scope != nullptr && read_object(&function.scope->name, scope) && out.append(scope)) {
    out.append("::");
  }
  if (!out.append(function.function_name)) out.append("?");
}

void place(const zend_function* function, const zend_op* opline, CrashedPhpFrame& frame) noexcept {
  const zend_string* file = nullptr;
  const zend_op* opcodes = nullptr;
  std::uint32_t count = 0;
  const zend_op_array& code = function->op_array;
  Text out(frame.file, sizeof(frame.file));
  if (!read_object(&code.filename, file) || !out.append(file)) return out.append("?");
  if (!read_object(&code.opcodes, opcodes) || !read_object(&code.last, count)) return;
  const bool noted = opline >= opcodes && opline < opcodes + count;
  if (!noted || !read_object(&opline->lineno, frame.line)) frame.line = 0;
}

}  // namespace

std::size_t read_php_frames(std::span<CrashedPhpFrame> frames) noexcept {
  if (!compatibility::has_globals()) return 0;
  std::size_t count = 0;
  const zend_execute_data* call = EG(current_execute_data);
  // A frame without a function is a place from which C code called PHP.
  for (std::size_t looked = 0; call != nullptr && looked < 4 * frames.size(); ++looked) {
    zend_execute_data data;
    if (count == frames.size() || !read_object(call, data)) break;
    call = data.prev_execute_data;
    Function function;
    if (data.func == nullptr || !read_object(&data.func->common, function)) continue;
    CrashedPhpFrame& frame = frames[count++];
    frame.file[0] = '\0';
    frame.line = 0;
    name(function, frame);
    if (function.type != ZEND_INTERNAL_FUNCTION) place(data.func, data.opline, frame);
  }
  return count;
}

}  // namespace tusk::php::crash
