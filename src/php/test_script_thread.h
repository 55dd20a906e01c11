// on_script_thread: runs a part of a unit test on a thread that libc's replaced functions take for
// one that runs a script.
//
// Thread: the test's, which waits.
#pragma once

#include <concepts>
#include <thread>

#include "php/script_thread.h"

namespace tusk::php {

// Calls test(ScriptThread&) or test() in a request of a new thread, and waits for its end.
template <class Test>
void on_script_thread(Test test) {
  std::thread([&test] {
    ScriptThread thread;
    thread.begin_request();
    if constexpr (std::invocable<Test&, ScriptThread&>) {
      test(thread);
    } else {
      test();
    }
  }).join();
}

}  // namespace tusk::php
