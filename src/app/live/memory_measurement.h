// MemoryMeasurement: measures the proportional memory of this process, and of others, on another
// thread than the loop's, because the kernel looks at each page: about 15 ms for each GiB.
//
// Owner: Serving. Thread: main; the measuring itself on the background thread.
#pragma once

#include <memory>
#include <optional>

#include "app/live/process_memory.h"
#include "base/background_thread.h"
#include "base/guarded.h"

namespace tusk::app::live {

class MemoryMeasurement {
 public:
  explicit MemoryMeasurement(base::BackgroundThread& thread) : thread_(thread) {}

  // The value that was measured since the last call. Nothing: it is being measured, so ask again
  // later. `others`: of which processes besides.
  std::optional<ProportionalMemory> take(const ProcessIds& others = {});

 private:
  base::BackgroundThread& thread_;
  bool under_way_ = false;
  // Shared with the job, which may end later than this object.
  std::shared_ptr<base::Guarded<std::optional<ProportionalMemory>>> result_ =
      std::make_shared<base::Guarded<std::optional<ProportionalMemory>>>();
};

}  // namespace tusk::app::live
