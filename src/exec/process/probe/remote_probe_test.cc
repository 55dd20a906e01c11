#include "exec/process/probe/remote_probe.h"

#include <array>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tusk::exec::process {
namespace {

using observation::Backtrace;
using observation::FrameLayout;
using observation::Insistence;
using observation::TakenBy;
using testing::ElementsAre;

constexpr RegionLayout kSmall{.request_bytes = 4096, .response_bytes = 4096};

// The frames of an invented PHP.
struct Text {
  std::uint64_t size;
  std::array<char, 16> text;
};
struct Frames {
  Text file{.size = 10, .text = {"/srv/a.php"}};
  Text name{.size = 5, .text = {"total"}};
  std::array<std::uint64_t, 4> function{};
  std::array<std::uint64_t, 2> instruction{0, 9};
  std::array<std::uint64_t, 5> frame{};
  std::array<std::uint64_t, 2> globals{};  // the frame, the interrupt
  std::array<std::uint64_t, 2> heap{5'000, 7'000};
};

std::uint64_t address(const void* of) { return reinterpret_cast<std::uintptr_t>(of); }

FrameLayout layout_of(Frames& frames) {
  frames.function = {2, address(&frames.name), 0, address(&frames.file)};
  frames.frame = {address(&frames.instruction), address(&frames.function), 0, 0, 0};
  frames.globals = {address(&frames.frame), 0};
  return {.globals = address(&frames.globals),
          .heap_use = address(&frames.heap),
          .in_globals = {.interrupt = 8},
          .in_frame = {.bytes = 40, .function = 8, .previous = 16, .object = 24, .object_type = 32},
          .in_function = {.bytes = 24, .name = 8, .scope = 16, .file = 24},
          .in_instruction = {.bytes = 16, .extended_value = 4, .line = 8},
          .in_others = {.text = 8},
          .constants = {.object = 8, .eval = 4}};
}

// A worker process that the test plays.
class RemoteProbeTest : public ::testing::Test {
 protected:
  RemoteProbeTest() : region_(std::move(*Region::create(kSmall))) {
    region_.slot(0).state = SlotState::kRunning;
  }
  ~RemoteProbeTest() override {
    if (child_ == 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }

  void start(const std::function<void(ProbeArea&)>& script) {
    child_ = ::fork();
    ASSERT_GE(child_, 0);
    if (child_ == 0) {
      ::alarm(60);
      region_.probe_area().show(layout_of(frames_));
      script(region_.probe_area());
      ::_exit(0);
    }
    while (region_.probe_area().is_shown == 0) std::this_thread::yield();
    directory_ = WorkerMemory::open_directory(child_);
    probe_ = probe_of(child_);
    ASSERT_NE(probe_, nullptr);
    probe_->look_at(&region_.slot(0));
  }
  std::unique_ptr<RemoteProbe> probe_of(pid_t process) {
    return RemoteProbe::create(region_, {.directory = directory_.get(),
                                         .pid = process,
                                         .program = ProgramFile::of("/proc/self/exe")});
  }
  bool take_within_patience(Insistence insistence) {
    const base::MonotonicTime until = base::now() + std::chrono::seconds(30);
    while (base::now() < until) {
      if (probe_->take(kPage, insistence, trace_)) return true;
      std::this_thread::yield();
    }
    return false;
  }

  static constexpr auto kPage = observation::Asker::kPage;
  Region region_;
  Frames frames_;
  pid_t child_ = 0;
  base::UniqueFd directory_;
  std::unique_ptr<RemoteProbe> probe_;
  Backtrace trace_;
};

TEST_F(RemoteProbeTest, AWorkerThatWaitsIsReadFromOutside) {
  start([](ProbeArea&) {
    for (;;) ::pause();
  });
  probe_->ask(kPage, 7);
  ASSERT_TRUE(take_within_patience(Insistence::kPatient));
  EXPECT_EQ(trace_.request_id, 7U);
  EXPECT_EQ(trace_.taken_by, TakenBy::kWhileWaits);
  EXPECT_EQ(trace_.waiting_call(), "pause");
  EXPECT_THAT(frame_lines(trace_), ElementsAre("#0 /srv/a.php:9 total()"));
  EXPECT_EQ(probe_->memory().now_bytes, 5'000U);
  EXPECT_EQ(probe_->memory().peak_bytes, 7'000U);
  // It runs another request by now, or none.
  region_.slot(0).state = SlotState::kDone;
  probe_->ask(kPage, 7);
  EXPECT_FALSE(probe_->take(kPage, Insistence::kNow, trace_));
}

TEST_F(RemoteProbeTest, AWorkerThatRunsAnswersWhenItIsInterrupted) {
  start([this](ProbeArea& area) {
    const auto* const interrupt = reinterpret_cast<volatile std::uint8_t*>(&frames_.globals[1]);
    while (*interrupt == 0) {
    }
    ProbeArea::Place& place = area.places[0];
    place.trace.clear(7);
    Backtrace::Frame frame;
    frame.function = place.trace.store("computes");
    place.trace.add(frame);
    place.answered = place.asked.load();
    for (;;) {
    }
  });
  probe_->ask(kPage, 7);
  ASSERT_TRUE(take_within_patience(Insistence::kPatient));
  EXPECT_EQ(trace_.taken_by, TakenBy::kThread);
  EXPECT_THAT(frame_lines(trace_), ElementsAre("#0 [internal] computes()"));
  EXPECT_FALSE(probe_->take(kPage, Insistence::kPatient, trace_));
}

TEST_F(RemoteProbeTest, AWorkerInsideALongCallIsReadWhileItRuns) {
  start([](ProbeArea&) {
    for (;;) {
    }
  });
  probe_->ask(kPage, 7);
  ASSERT_TRUE(take_within_patience(Insistence::kInsideCall));
  EXPECT_EQ(trace_.taken_by, TakenBy::kWhileRuns);
  EXPECT_THAT(frame_lines(trace_), ElementsAre("#0 /srv/a.php:9 total()"));
  EXPECT_GT(probe_->cpu_time().count(), 0);
}

TEST_F(RemoteProbeTest, AnAnswerIsReadWhenTheWorkerAndItsProbeAreGone) {
  start([](ProbeArea& area) {
    while (area.places[0].asked == 0) {
    }
    area.places[0].trace.clear(7);
    area.places[0].answered = area.places[0].asked.load();
  });
  const auto question = probe_->question(kPage);
  probe_->ask(kPage, 7);
  ::waitpid(child_, nullptr, 0);
  child_ = 0;
  // Nobody is there.
  probe_->ask(observation::Asker::kWatchdog, 7);
  EXPECT_FALSE(probe_->take(observation::Asker::kWatchdog, Insistence::kNow, trace_));
  EXPECT_EQ(probe_->memory().now_bytes, 0U);
  probe_.reset();
  region_ = std::move(*Region::create(kSmall));
  ASSERT_NE(question->answer(), nullptr);
  EXPECT_EQ(question->answer()->request_id, 7U);
  question->forget();
  EXPECT_EQ(question->answer(), nullptr);
}

TEST_F(RemoteProbeTest, WithoutALayoutNothingIsRead) {
  directory_ = WorkerMemory::open_directory(::getpid());
  for (const bool is_shown : {false, true}) {
    if (is_shown) region_.probe_area().show({});
    probe_ = probe_of(::getpid());
    probe_->ask(kPage, 1);
    EXPECT_FALSE(probe_->take(kPage, Insistence::kNow, trace_));
    EXPECT_EQ(probe_->memory().now_bytes, 0U);
  }
}

// It might have the rights of another user.
TEST_F(RemoteProbeTest, TheMemoryOfAnotherProgramIsNotOpened) {
  start([](ProbeArea& area) {
    while (area.places[0].asked == 0) {
    }
    ::execl("/bin/sleep", "sleep", "60", nullptr);
  });
  const std::string file = "/proc/" + std::to_string(child_) + "/exe";
  EXPECT_TRUE(WorkerMemory(directory_.get(), ProgramFile::of("/proc/self/exe")).is_open());
  probe_->ask(kPage, 7);
  while (ProgramFile::of(file) == ProgramFile::of("/proc/self/exe")) std::this_thread::yield();
  EXPECT_FALSE(WorkerMemory(directory_.get(), ProgramFile::of("/proc/self/exe")).is_open());
  // What was opened before is the memory that it had before.
  EXPECT_FALSE(probe_->take(kPage, Insistence::kNow, trace_));
}

// A worker writes anything into its area at any time.
TEST_F(RemoteProbeTest, GarbageInTheAreaDoesNoHarm) {
  start([](ProbeArea& area) {
    std::minstd_rand random(3);
    auto* const words = reinterpret_cast<volatile std::uint32_t*>(&area);
    for (;;) {
      const std::size_t count = sizeof area / sizeof(std::uint32_t);
      // The layout and the numbers of questions more often than the rest.
      const std::size_t at = random() % 2 == 0 ? random() % 128 : random() % count;
      words[at] = static_cast<std::uint32_t>(random() % 3 == 0 ? random() % 8 : random());
    }
  });
  for (int round = 0; round < 3000; ++round) {
    // A new worker has a new probe, because a layout is read once.
    if (round % 8 == 0) {
      probe_ = probe_of(child_);
      region_.probe_area().is_shown = 1;
    }
    probe_->ask(kPage, 7);
    const auto insistence = round % 2 == 0 ? Insistence::kNow : Insistence::kPatient;
    for (int looks = 0; looks < 3; ++looks) {
      if (!probe_->take(kPage, insistence, trace_)) continue;
      EXPECT_LE(trace_.frames().size(), Backtrace::kMostFrames);
      for (const std::string& line : frame_lines(trace_)) EXPECT_LT(line.size(), 4'000U);
    }
    (void)probe_->memory();
  }
}

}  // namespace
}  // namespace tusk::exec::process
