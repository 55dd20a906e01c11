#include "php/backtrace/frame_walk.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <type_traits>

namespace tusk::php::backtrace {

namespace {

// Frames that are not shown count too, so that a cycle in memory that is not what it should be
// ends.
constexpr int kMostSteps = 4 * exec::observation::Backtrace::kMostFrames;
constexpr std::size_t kMostDelegations = 16;

// The name of an anonymous class goes on after a NUL, with the place of its definition.
std::string_view without_anonymous_tail(std::string_view name) noexcept {
  constexpr std::string_view kMark("@anonymous\0", 11);
  const std::size_t at = name.find(kMark);
  return at == std::string_view::npos ? name : name.substr(0, at + kMark.size() - 1);
}

}  // namespace

template <class Memory>
bool FrameWalk<Memory>::run() noexcept {
  const zend_execute_data* at = nullptr;
  if (!get<const zend_execute_data*>(&globals_.current_execute_data, at)) return false;
  for (int steps = 0; at != nullptr && !into_.is_full() && steps < kMostSteps; ++steps) {
    zend_execute_data frame;
    if (!get(at, frame)) return false;
    const bool added = frame.func != nullptr ? add(frame) : add_delegating_generators(frame);
    if (!added) return false;
    at = frame.prev_execute_data;
    memory_.innermost = false;
  }
  into_.has_more_frames = at != nullptr;
  return true;
}

template <class Memory>
bool FrameWalk<Memory>::add(const zend_execute_data& frame) noexcept {
  Function function;
  if (!read_function(frame.func, function)) return false;
  Backtrace::Frame shown;
  if (function.file != nullptr) {
    zend_op instruction;
    if (!read_instruction(frame, instruction)) return false;
    // A call of a C function that has no frame. The thread itself comes here between instructions:
    // there the innermost such call has not begun.
    const bool is_inside = !memory_.innermost || std::is_same_v<Memory, ForeignMemory>;
    if (is_inside && ZEND_OP_IS_FRAMELESS_ICALL(instruction.opcode) &&
        !add_internal_function_without_frame(instruction.extended_value)) {
      return false;
    }
    shown.line = instruction.lineno;
  }
  if (!describe(frame.func, function, shown)) return false;
  if (function.common.function_name == nullptr) {
    if (function.file == nullptr) return true;  // one of PHP's own, such as a fiber's first
    shown.function = pseudo_name(frame, function);
  }
  if (shown.scope.size != 0) {
    const bool has_object = Z_TYPE(frame.This) == IS_OBJECT;
    shown.call = has_object ? Backtrace::Call::kMethod : Backtrace::Call::kStaticMethod;
  }
  into_.add(shown);
  return true;
}

template <class Memory>
auto FrameWalk<Memory>::pseudo_name(const zend_execute_data& frame,
                                    const Function& function) noexcept -> Backtrace::Text {
  if (function.common.type == ZEND_EVAL_CODE) return into_.store("{eval}");
  return into_.store(frame.prev_execute_data == nullptr ? "{main}" : "{include}");
}

// A generator that runs inside "yield from" of others is linked to its caller by a frame without a
// function. The others come between them: see zend_generator_check_placeholder_frame().
template <class Memory>
bool FrameWalk<Memory>::add_delegating_generators(const zend_execute_data& placeholder) noexcept {
  if (Z_TYPE(placeholder.This) != IS_OBJECT) return true;
  const zend_class_entry* type = nullptr;
  const zend_object* const object = Z_OBJ(placeholder.This);
  if (!get<const zend_class_entry*>(&object->ce, type)) return false;
  if (type != zend_ce_generator) return true;
  std::array<zend_execute_data*, kMostDelegations> frames{};
  std::size_t count = 0;
  const auto* at = reinterpret_cast<const zend_generator*>(object);
  while (count < frames.size()) {
    zend_generator generator;
    if (!get(at, generator)) return false;
    if (generator.node.parent == nullptr) break;  // the innermost: it has a frame of its own
    frames[count++] = generator.execute_data;
    at = generator.node.parent;
  }
  while (count > 0 && !into_.is_full()) {
    zend_execute_data frame;
    if (!get(frames[--count], frame)) return false;
    if (frame.func != nullptr && !add(frame)) return false;
  }
  return true;
}

template <class Memory>
bool FrameWalk<Memory>::add_internal_function_without_frame(std::uint32_t index) noexcept {
  zend_function* address = nullptr;
  if (!get(zend_flf_functions + index, address)) return false;
  if (address == last_function_) return true;  // it has a frame nevertheless, for an observer
  Function function;
  Backtrace::Frame shown;
  if (!read_function(address, function) || !describe(address, function, shown)) return false;
  into_.add(shown);
  return true;
}

template <class Memory>
bool FrameWalk<Memory>::read_function(const zend_function* function, Function& into) noexcept {
  if (!get(&function->common, into.common)) return false;
  if (!ZEND_USER_CODE(into.common.type)) return true;
  return get<const zend_string*>(&function->op_array.filename, into.file);
}

// After a throw the frame's instruction is one of three that stand in the globals.
template <class Memory>
bool FrameWalk<Memory>::read_instruction(const zend_execute_data& frame, zend_op& into) noexcept {
  const zend_op* instruction = frame.opline;
  const auto& thrown = globals_.exception_op;
  if (instruction >= std::begin(thrown) && instruction < std::end(thrown)) {
    if (!get<const zend_op*>(&globals_.opline_before_exception, instruction)) return false;
  }
  if (instruction == nullptr) {  // a frame that has not begun
    into = {};
    return true;
  }
  return get(instruction, into);
}

// Everything but the line.
template <class Memory>
bool FrameWalk<Memory>::describe(const zend_function* address, const Function& function,
                                 Backtrace::Frame& frame) noexcept {
  const std::span<const Backtrace::Frame> before = into_.frames();
  if (address == last_function_ && !before.empty() && function.common.function_name != nullptr) {
    frame.scope = before.back().scope;
    frame.function = before.back().function;
    frame.file = before.back().file;
    return true;
  }
  if (function.common.function_name != nullptr &&
      !read_name(function.common.function_name, frame.function)) {
    return false;
  }
  if (function.common.scope != nullptr && function.common.function_name != nullptr) {
    zend_string* scope = nullptr;
    if (!get(&function.common.scope->name, scope) || !read_name(scope, frame.scope)) return false;
  }
  last_function_ = address;
  return function.file == nullptr || read_path(function.file, frame.file);
}

template <class Memory>
bool FrameWalk<Memory>::read_name(const zend_string* name, Backtrace::Text& into) noexcept {
  std::size_t size = 0;
  if (!get(&name->len, size)) return false;
  const std::span<char> room = into_.room(std::min(size, Backtrace::kLongestName));
  if (!memory_.read(name->val, room.data(), room.size())) return false;
  into = into_.keep(without_anonymous_tail({room.data(), room.size()}).size());
  return true;
}

// A path that is too long keeps its end.
template <class Memory>
bool FrameWalk<Memory>::read_path(const zend_string* path, Backtrace::Text& into) noexcept {
  if (path == last_path_) {
    into = last_path_text_;
    return true;
  }
  std::size_t size = 0;
  if (!get(&path->len, size)) return false;
  const std::span<char> room = into_.room(std::min(size, Backtrace::kLongestPath));
  if (!memory_.read(path->val + (size - room.size()), room.data(), room.size())) return false;
  into = into_.keep(room.size());
  last_path_ = path;
  last_path_text_ = into;
  return true;
}

template class FrameWalk<OwnMemory>;
template class FrameWalk<ForeignMemory>;

}  // namespace tusk::php::backtrace
