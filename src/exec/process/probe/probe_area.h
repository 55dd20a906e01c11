// ProbeArea: the part of a worker's region in which the server asks where the script is, and the
// worker answers between two instructions.
//
// Owner: the Region. Threads: the server's askers; in the worker process its only one.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "exec/observation/backtrace.h"
#include "exec/observation/frame_layout.h"
#include "exec/observation/script_probe.h"

namespace tusk::exec::process {

// The server takes nothing from it without a check: FrameLayout::is_sound(),
// Backtrace::copy_untrusted().
struct ProbeArea {
  // For each asker, so that they do not disturb one another.
  struct Place {
    // --- written by the server ---
    // The number of the question.
    alignas(64) std::atomic<std::uint32_t> asked;
    // --- written by the worker ---
    // The number of the question that `trace` answers.
    alignas(64) std::atomic<std::uint32_t> answered;
    observation::Backtrace trace;
  };

  // --- written by the worker, once ---
  std::atomic<std::uint32_t> is_shown;  // not 0: there is a layout
  observation::FrameLayout layout;

  std::array<Place, observation::kAskers> places;

  // The worker's.
  void show(const observation::FrameLayout& of_frames) noexcept {
    layout = of_frames;
    is_shown.store(1, std::memory_order_release);
  }
};

}  // namespace tusk::exec::process
