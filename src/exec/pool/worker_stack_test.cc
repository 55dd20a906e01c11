#include "exec/pool/worker_stack.h"

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

namespace tusk::exec::pool {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

// Touches `bytes` of the stack below the caller.
[[gnu::noinline]] void touch(std::size_t bytes) {
  volatile char frame[4096];
  for (std::size_t i = 0; i < sizeof frame; i += 512) frame[i] = 1;
  if (bytes > sizeof frame) touch(bytes - sizeof frame);
  frame[0] = 2;  // so that the call above is not the last thing
}

std::size_t resident_bytes(std::uintptr_t low, std::uintptr_t high) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  std::vector<unsigned char> pages((high - low) / page);
  // NOLINTNEXTLINE(performance-no-int-to-ptr): an address that was computed
  EXPECT_EQ(::mincore(reinterpret_cast<void*>(low), pages.size() * page, pages.data()), 0);
  std::size_t bytes = 0;
  for (const unsigned char flags : pages) bytes += (flags & 1) != 0 ? page : 0;
  return bytes;
}

void run_on_stack(std::size_t bytes, void* (*function)(void*)) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, bytes), 0);
  pthread_t thread{};
  ASSERT_EQ(pthread_create(&thread, &attributes, function, nullptr), 0);
  pthread_attr_destroy(&attributes);
  pthread_join(thread, nullptr);
}

TEST(WorkerStack, GivesBackWhatADeepRequestHasTouched) {
  run_on_stack(16 * kMiB, [](void*) -> void* {
    WorkerStack stack;
    stack.locate();
    EXPECT_GE(stack.high() - stack.low(), 15 * kMiB);
    touch(8 * kMiB);
    EXPECT_GT(resident_bytes(stack.low(), stack.high()), 7 * kMiB);
    stack.give_back();
    EXPECT_LE(resident_bytes(stack.low(), stack.high()), 2 * WorkerStack::kKeptBytes);
    return nullptr;
  });
}

// An address on the stack of the process's first thread, in the part that is mapped.
std::size_t resident_bytes_of_first() {
  std::ifstream maps("/proc/self/smaps");
  bool is_stack = false;
  for (std::string line; std::getline(maps, line);) {
    if (line.ends_with("[stack]")) is_stack = true;
    if (is_stack && line.starts_with("Rss:"))
      return std::strtoull(line.c_str() + sizeof("Rss:"), nullptr, 10) * 1024;
  }
  return 0;
}

TEST(WorkerStack, GivesBackWhatTheFirstThreadHasTouched) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_STACK, &limit), 0);
  if (limit.rlim_cur < 8 * kMiB) GTEST_SKIP() << "needs a stack of 8 MiB";
  WorkerStack stack;
  stack.locate();
  touch(6 * kMiB);
  EXPECT_GT(resident_bytes_of_first(), 5 * kMiB);
  stack.give_back();
  EXPECT_LE(resident_bytes_of_first(), 2 * WorkerStack::kKeptBytes);
}

TEST(WorkerStack, KeepsWhatAShallowRequestHasTouched) {
  run_on_stack(16 * kMiB, [](void*) -> void* {
    WorkerStack stack;
    stack.locate();
    touch(kMiB / 2);
    const std::size_t before = resident_bytes(stack.low(), stack.high());
    stack.give_back();
    EXPECT_GE(resident_bytes(stack.low(), stack.high()), before);
    return nullptr;
  });
}

TEST(WorkerStack, LeavesASmallStackAlone) {
  // The thread sanitizer takes three quarters of a MiB of each stack for itself.
  run_on_stack(2 * kMiB, [](void*) -> void* {
    WorkerStack stack;
    stack.locate();
    touch(kMiB / 4);
    stack.give_back();
    EXPECT_NE(stack.low(), 0U);
    return nullptr;
  });
}

}  // namespace
}  // namespace tusk::exec::pool
