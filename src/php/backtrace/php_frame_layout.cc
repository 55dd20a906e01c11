#include "php/backtrace/php_frame_layout.h"

#include <cstddef>
#include <cstdint>

#include "php/backtrace/heap_use.h"
#include "php/compatibility/thread_globals.h"
#include "php/zend.h"

namespace tusk::php::backtrace {

using exec::observation::FrameLayout;

namespace {

std::uint64_t address(const void* of) noexcept { return reinterpret_cast<std::uintptr_t>(of); }

// FrameWalk has it so.
static_assert(ZEND_USER_CODE(ZEND_USER_FUNCTION) && ZEND_USER_CODE(ZEND_EVAL_CODE) &&
              !ZEND_USER_CODE(ZEND_INTERNAL_FUNCTION));
static_assert(sizeof(void*) == 8 && sizeof(zend_string::len) == 8);
static_assert(sizeof(zend_atomic_bool) == 1);

constexpr std::uint32_t kUpToScope = offsetof(zend_op_array, scope) + sizeof(zend_class_entry*);

FrameLayout::Constants constants() noexcept {
  FrameLayout::Constants constants{.object = IS_OBJECT, .eval = ZEND_EVAL_CODE};
#ifdef ZEND_FRAMELESS_ICALL_0
  constants.first_frameless = ZEND_FRAMELESS_ICALL_0;
  constants.last_frameless = ZEND_FRAMELESS_ICALL_3;
  static_assert(ZEND_OP_IS_FRAMELESS_ICALL(ZEND_FRAMELESS_ICALL_0) &&
                !ZEND_OP_IS_FRAMELESS_ICALL(ZEND_FRAMELESS_ICALL_0 - 1) &&
                !ZEND_OP_IS_FRAMELESS_ICALL(ZEND_FRAMELESS_ICALL_3 + 1));
#endif
  return constants;
}

}  // namespace

FrameLayout frame_layout_here() noexcept {
  FrameLayout layout{
      .globals = address(&compatibility::executor_globals_here()),
      .generator_class = address(zend_ce_generator),
      .frameless_functions = address(zend_flf_functions),
      .heap_use = address(HeapUse().figures()),
      .in_globals = {.frame = offsetof(zend_executor_globals, current_execute_data),
                     .interrupt = offsetof(zend_executor_globals, vm_interrupt),
                     .throw_instructions = offsetof(zend_executor_globals, exception_op),
                     .throw_instructions_bytes = sizeof(zend_executor_globals::exception_op),
                     .instruction_before_throw =
                         offsetof(zend_executor_globals, opline_before_exception)},
      .in_frame = {.bytes = sizeof(zend_execute_data),
                   .instruction = offsetof(zend_execute_data, opline),
                   .function = offsetof(zend_execute_data, func),
                   .previous = offsetof(zend_execute_data, prev_execute_data),
                   .object = offsetof(zend_execute_data, This.value.obj),
                   .object_type = offsetof(zend_execute_data, This.u1.v.type)},
      .in_function = {.bytes = kUpToScope,
                      .type = offsetof(zend_op_array, type),
                      .name = offsetof(zend_op_array, function_name),
                      .scope = offsetof(zend_op_array, scope),
                      .file = offsetof(zend_op_array, filename)},
      .in_instruction = {.bytes = sizeof(zend_op),
                         .operation = offsetof(zend_op, opcode),
                         .extended_value = offsetof(zend_op, extended_value),
                         .line = offsetof(zend_op, lineno)},
      .in_others = {.text_size = offsetof(zend_string, len),
                    .text = offsetof(zend_string, val),
                    .class_of_object = offsetof(zend_object, ce),
                    .name_of_class = offsetof(zend_class_entry, name),
                    .parent_of_generator = offsetof(zend_generator, node.parent),
                    .frame_of_generator = offsetof(zend_generator, execute_data)},
      .constants = constants()};
  return layout;
}

}  // namespace tusk::php::backtrace
