#include "exec/process/region.h"

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <functional>
#include <utility>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tusk::exec::process {
namespace {

using std::chrono::seconds;

constexpr RegionLayout kSmall{.request_bytes = 4096, .response_bytes = 4096};

// Runs `body` in a forked process; its result is the exit status. A process that hangs is ended.
int in_child(const std::function<bool()>& body, const std::function<void()>& meanwhile) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::alarm(20);
    ::_exit(body() ? 0 : 1);
  }
  meanwhile();
  int status = -1;
  ::waitpid(pid, &status, 0);
  return status;
}

TEST(Region, PartsDoNotOverlap) {
  const auto region = Region::create(kSmall);
  ASSERT_TRUE(region) << region.error().message;
  const char* end = reinterpret_cast<const char*>(&region->control()) + sizeof(RegionControl);
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    EXPECT_GE(region->request(slot).data(), end);
    EXPECT_EQ(region->request(slot).size(), kSmall.request_bytes);
    end = region->request(slot).data() + region->request(slot).size();
    EXPECT_GE(region->response(slot).data(), end);
    EXPECT_EQ(region->response(slot).size(), kSmall.response_bytes);
    end = region->response(slot).data() + region->response(slot).size();
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(region->response(slot).data()) % 64, 0U);
    EXPECT_EQ(region->slot(slot).state.load(), SlotState::kFree);
  }
  const char* const begin = reinterpret_cast<const char*>(&region->control());
  EXPECT_EQ(static_cast<std::size_t>(end - begin), kSmall.probe_offset());
  const auto* const probes = reinterpret_cast<const char*>(&region->probe_area());
  EXPECT_EQ(static_cast<std::size_t>(probes - begin), kSmall.probe_offset());
  EXPECT_EQ(kSmall.probe_offset() % 4096, 0U);
  const auto* const crash = reinterpret_cast<const char*>(&region->crash_record());
  EXPECT_GE(crash, probes + sizeof(ProbeArea));
  EXPECT_EQ(static_cast<std::size_t>(crash - begin) + sizeof(base::process::CrashRecord),
            kSmall.total_bytes());
  EXPECT_EQ(base::process::copy_crash_record(region->crash_record()), nullptr);
  EXPECT_EQ(region->probe_area().is_shown.load(), 0U);
}

TEST(Region, TwoMappingsAreOneMemory) {
  const auto server = Region::create(kSmall);
  ASSERT_TRUE(server);
  const auto worker = Region::attach(server->fd(), kSmall);
  ASSERT_TRUE(worker) << worker.error().message;
  EXPECT_EQ(worker->fd(), -1);
  ASSERT_NE(&server->control(), &worker->control());
  server->slot(1).order = 7;
  EXPECT_EQ(worker->slot(1).order, 7U);
  worker->response(1).back() = 'x';
  EXPECT_EQ(server->response(1).back(), 'x');
}

TEST(Region, KeepsItsSize) {
  const auto region = Region::create(kSmall);
  ASSERT_TRUE(region);
  const auto size = static_cast<off_t>(kSmall.total_bytes());
  EXPECT_EQ(::ftruncate(region->fd(), 0), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(::ftruncate(region->fd(), size + 4096), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(::fcntl(region->fd(), F_ADD_SEALS, F_SEAL_WRITE), -1) << "nor more seals";
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(::fcntl(region->fd(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

TEST(Region, OfAnotherSizeIsRefused) {
  const auto region = Region::create(kSmall);
  ASSERT_TRUE(region);
  EXPECT_FALSE(Region::attach(region->fd(), RegionLayout()));
  EXPECT_FALSE(Region::attach(region->fd(), {.request_bytes = 64, .response_bytes = 64}));
  EXPECT_FALSE(Region::attach(-1, kSmall));
  EXPECT_FALSE((RegionLayout{.request_bytes = 4096, .response_bytes = 3000}).is_valid());
  EXPECT_FALSE((RegionLayout{.request_bytes = 4096, .response_bytes = 0}).is_valid());
  EXPECT_FALSE((RegionLayout{.request_bytes = 100, .response_bytes = 4096}).is_valid());
  EXPECT_TRUE(RegionLayout().is_valid());
}

TEST(Region, MovesItsMapping) {
  auto first = Region::create(kSmall);
  auto second = Region::create(kSmall);
  ASSERT_TRUE(first && second);
  const int fd = first->fd();
  first->slot(0).order = 1;
  Region moved(std::move(*first));
  EXPECT_EQ(moved.fd(), fd);
  EXPECT_EQ(moved.slot(0).order, 1U);
  moved = std::move(*second);
  EXPECT_EQ(moved.slot(0).order, 0U);
  Region empty;
  empty = std::move(moved);
  EXPECT_EQ(empty.slot(0).order, 0U);
}

TEST(Futex, WaitEnds) {
  std::atomic<std::uint32_t> word{1};
  wait_on(word, 0, seconds(1000));                 // differs
  wait_on(word, 0);                                // the same
  wait_on(word, 1, std::chrono::milliseconds(1));  // time
  wait_on(word, 1, base::Duration(0));             // none
  wait_on(word, 1, base::Duration(-1));            // past
  wait_on(word, 0, base::Duration::max());         // no overflow of the seconds
  wake_on(word);                                   // nobody
}

// What the worker and the server do, over two slots: a request is never slept through, whichever
// side is quicker. Each side only ever waits for the other.
TEST(Futex, NoRequestIsSleptThrough) {
  const auto region = Region::create(kSmall);
  ASSERT_TRUE(region);
  constexpr std::uint32_t kRequests = 20'000;
  const auto work = [&region] {
    const auto mine = Region::attach(region->fd(), kSmall);
    if (!mine) return false;
    RegionControl& control = mine->control();
    for (std::uint32_t done = 0; done < kRequests;) {
      const std::uint32_t seen = control.wake.load();
      bool found = false;
      for (SlotControl& slot : control.slots) {
        SlotState ready = SlotState::kReady;
        if (!slot.state.compare_exchange_strong(ready, SlotState::kRunning)) continue;
        found = true;
        ++done;
        slot.state.store(SlotState::kDone);
        slot.progress.fetch_add(1);
        if (slot.waits.load() != 0) wake_on(slot.progress);
      }
      if (found) continue;
      control.sleeping.store(1);
      wait_on(control.wake, seen);
      control.sleeping.store(0);
    }
    return true;
  };
  std::uint32_t wakes = 0;
  const auto serve = [&region, &wakes] {
    RegionControl& control = region->control();
    const auto deadline = base::now() + seconds(20);
    for (std::uint32_t i = 0; i < kRequests; ++i) {
      SlotControl& slot = control.slots[i % kSlots];
      for (;;) {
        const std::uint32_t seen = slot.progress.load();
        const SlotState state = slot.state.load();
        if (state == SlotState::kFree || state == SlotState::kDone) break;
        if (base::now() > deadline) return;
        slot.waits.store(1);
        wait_on(slot.progress, seen, seconds(20));
        slot.waits.store(0);
      }
      slot.state.store(SlotState::kReady);
      control.wake.fetch_add(1);
      if (control.sleeping.load() == 0) continue;
      ++wakes;
      wake_on(control.wake);
    }
  };
  EXPECT_EQ(in_child(work, serve), 0);
  EXPECT_GT(wakes, 0U) << "the worker has slept at least once";
}

}  // namespace
}  // namespace tusk::exec::process
