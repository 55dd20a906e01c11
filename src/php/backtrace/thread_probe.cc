#include "php/backtrace/thread_probe.h"

#include "exec/process/probe/probe_area.h"
#include "php/backtrace/php_frame_layout.h"
#include "php/backtrace/thread_memory.h"
#include "php/compatibility/thread_globals.h"
#include "php/request_context.h"

namespace tusk::php::backtrace {

using exec::observation::FrameWalk;
using exec::process::ProbeArea;

namespace {

constinit ProbeArea* server_area = nullptr;

exec::observation::BacktraceQuestion* new_question() {
  return new exec::observation::BacktraceQuestion;
}

}  // namespace

ThreadProbe::ThreadProbe() noexcept
    : OutsideProbe({std::shared_ptr<Question>(new_question()),
                    std::shared_ptr<Question>(new_question()),
                    std::shared_ptr<Question>(new_question())}),
      globals_(compatibility::executor_globals_here()),
      layout_(frame_layout_here()) {
  current_ = this;
}

ThreadProbe::~ThreadProbe() { current_ = nullptr; }

void ThreadProbe::answer_in(ProbeArea* area) noexcept {
  server_area = area;
  if (area == nullptr) return;
  zend_executor_globals& globals = compatibility::executor_globals_here();
  // The server writes to this byte. A rewind puts back what this process has written, or has alone
  // when it is marked: so this page must be its own before.
  zend_atomic_bool_store(&globals.vm_interrupt, zend_atomic_bool_load(&globals.vm_interrupt));
  area->show(frame_layout_here());
}

void ThreadProbe::write_answer(Backtrace& into) const noexcept {
  const auto* const context = static_cast<const RequestContext*>(SG(server_context));
  into.clear(context != nullptr ? context->job->request_id : 0);
  OwnMemory memory;
  (void)FrameWalk(memory, layout_, into).run();
}

void ThreadProbe::answer() noexcept {
  for (const std::shared_ptr<Question>& question : questions()) {
    Backtrace* const trace = question->begin_answer();
    if (trace == nullptr) continue;
    write_answer(*trace);
    question->end_answer();
  }
  if (server_area == nullptr) return;
  for (ProbeArea::Place& place : server_area->places) {
    const std::uint32_t asked = place.asked.load(std::memory_order_acquire);
    if (asked == place.answered.load(std::memory_order_relaxed)) continue;
    write_answer(place.trace);
    place.answered.store(asked, std::memory_order_release);
  }
}

bool ThreadProbe::read_frames(Backtrace& into) noexcept {
  ForeignMemory memory;
  (void)FrameWalk(memory, layout_, into).run();
  return true;
}

}  // namespace tusk::php::backtrace
