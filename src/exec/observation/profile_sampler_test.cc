#include "exec/observation/profile_sampler.h"

#include <map>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "exec/executor.h"
#include "observe/profile/format.h"

namespace tusk::exec::observation {
namespace {

using namespace std::chrono_literals;

void add(Backtrace& trace, std::string_view function, std::string_view file) {
  Backtrace::Frame frame;
  frame.function = trace.store(function);
  frame.file = trace.store(file);
  frame.line = 1;
  trace.add(frame);
}

// A thread whose state a test sets.
class FakeThread final : public ScriptProbe, public Executor {
 public:
  enum class Does { kRuns, kWaits, kStaysInCall };

  ExecutorHealth run(const Job& /*job*/, Reply& /*reply*/) noexcept override {
    return ExecutorHealth::kHealthy;
  }
  ScriptProbe* probe() noexcept override { return this; }

  void ask(Asker /*asker*/, std::uint64_t request) noexcept override {
    ++asked;
    question_->ask(request, cpu);
  }
  bool take(Asker /*asker*/, Insistence insistence, Backtrace& into) noexcept override {
    if (const Backtrace* const answer = question_->answer()) {
      into = *answer;
      question_->forget();
      return true;
    }
    const bool at_rest = does == Does::kWaits;
    const bool inside = does == Does::kStaysInCall && insistence == Insistence::kInsideCall;
    if (!at_rest && !inside) return false;
    fill(into, exchange.job.request_id);
    into.taken_by = at_rest ? TakenBy::kWhileWaits : TakenBy::kWhileRuns;
    if (at_rest) into.set_waiting_call("flock");
    question_->withdraw();
    return true;
  }
  std::shared_ptr<BacktraceQuestion> question(Asker /*asker*/) noexcept override {
    return question_;
  }
  base::Duration cpu_time() const noexcept override { return cpu; }
  MemoryUse memory() const noexcept override { return {}; }

  // The thread reaches an instruction.
  void reach_instruction() {
    if (Backtrace* const trace = question_->begin_answer()) {
      fill(*trace, exchange.job.request_id);
      question_->end_answer();
    }
  }

  Exchange exchange;
  bool busy = true;
  Does does = Does::kRuns;
  std::string function = "f";
  base::Duration cpu{};
  int asked = 0;

 private:
  void fill(Backtrace& trace, std::uint64_t request) const {
    trace.clear(request);
    add(trace, function, "/a.php");
    add(trace, "{main}", "/a.php");
  }
  std::shared_ptr<BacktraceQuestion> question_ = std::make_shared<BacktraceQuestion>();
};

class ProfileSamplerTest : public ::testing::Test {
 protected:
  using Does = FakeThread::Does;

  ProfileSamplerTest() { thread_.exchange.job.request_id = 7; }

  void start(ProfileSampler::Wants wants = {}) {
    sampler_.emplace(
        [this](const ProfileSampler::Look& look) {
          if (thread_.busy) look(0, thread_.exchange, thread_);
        },
        std::move(wants));
  }
  // A look, and then `time` with so much CPU time in it.
  void look(base::Duration time, base::Duration cpu) {
    sampler_->tick(now_);
    now_ += time;
    thread_.cpu += cpu;
    if (thread_.does == Does::kRuns) thread_.reach_instruction();
  }
  void finish() {
    const observe::profile::Profile profile = sampler_->finish(now_);
    samples_ = profile.samples;
    notes_ = profile.notes;
    const auto lines = [&](observe::profile::Clock clock) {
      return observe::profile::render(profile, observe::profile::Format::kFolded, clock);
    };
    wall_ = lines(observe::profile::Clock::kWall);
    cpu_ = lines(observe::profile::Clock::kCpu);
  }

  FakeThread thread_;
  std::optional<ProfileSampler> sampler_;
  base::MonotonicTime now_{std::chrono::hours(1)};
  std::string wall_;
  std::string cpu_;
  std::uint64_t samples_ = 0;
  std::vector<std::string> notes_;
};

TEST_F(ProfileSamplerTest, SharesAreThoseOfTheTime) {
  start();
  for (int round = 0; round < 10; ++round) {
    thread_.function = "f";
    thread_.does = Does::kRuns;
    thread_.cpu += 1us;  // it has begun to run
    for (int i = 0; i < 35; ++i) look(1ms, 1ms);
    thread_.does = Does::kWaits;
    for (int i = 0; i < 35; ++i) look(1ms, 0ms);
    thread_.function = "g";
    thread_.does = Does::kRuns;
    thread_.cpu += 1us;
    for (int i = 0; i < 15; ++i) look(1ms, 1ms);
    thread_.does = Does::kWaits;
    for (int i = 0; i < 15; ++i) look(1ms, 0ms);
  }
  finish();
  EXPECT_EQ(wall_,
            "{main} /a.php;f 349500\n{main} /a.php;f;[waits in flock] 350000\n"
            "{main} /a.php;g 150000\n{main} /a.php;g;[waits in flock] 150500\n");
  EXPECT_EQ(cpu_, "{main} /a.php;f 350009\n{main} /a.php;g 150010\n");
  EXPECT_EQ(samples_, 1000U);
}

TEST_F(ProfileSamplerTest, LateLooksCountForTheirTime) {
  start();
  thread_.does = Does::kWaits;
  look(10ms, 0ms);
  look(90ms, 0ms);
  thread_.function = "g";
  thread_.cpu += 1us;  // it has run, so it waits elsewhere
  look(30ms, 0ms);
  finish();
  EXPECT_EQ(wall_,
            "{main} /a.php;f;[waits in flock] 55000\n{main} /a.php;g;[waits in flock] 75000\n");
  EXPECT_TRUE(notes_.empty());
}

TEST_F(ProfileSamplerTest, AThreadThatStillWaitsIsNotAskedAgain) {
  start();
  thread_.does = Does::kWaits;
  for (int i = 0; i < 10; ++i) look(10ms, 0ms);
  EXPECT_EQ(thread_.asked, 1);
  finish();
  EXPECT_EQ(wall_, "{main} /a.php;f;[waits in flock] 100000\n");
  EXPECT_EQ(cpu_, "");
}

TEST_F(ProfileSamplerTest, AThreadInsideALongCallIsThere) {
  start();
  thread_.does = Does::kStaysInCall;
  for (int i = 0; i < 10; ++i) look(10ms, 10ms);
  finish();
  EXPECT_EQ(wall_, "{main} /a.php;f 100000\n");
  EXPECT_EQ(cpu_, "{main} /a.php;f 100000\n");
}

// Bursts that no look meets belong to what runs next.
TEST_F(ProfileSamplerTest, CpuTimeBetweenTwoWaitsIsNotLost) {
  start();
  thread_.does = Does::kWaits;
  thread_.function = "query";
  for (int i = 0; i < 9; ++i) look(10ms, 1ms);
  thread_.does = Does::kRuns;
  thread_.function = "render";
  look(10ms, 1ms);
  finish();
  EXPECT_EQ(cpu_, "{main} /a.php;render 10000\n");
}

TEST_F(ProfileSamplerTest, CpuTimeOfAThreadThatWasNeverSeenToRunIsItsLastFunctions) {
  start();
  thread_.does = Does::kWaits;
  for (int i = 0; i < 4; ++i) look(10ms, 1ms);
  finish();
  EXPECT_EQ(cpu_, "{main} /a.php;f 4000\n");
}

TEST_F(ProfileSamplerTest, AnIdleWorkerIsNoSample) {
  start();
  look(10ms, 10ms);
  thread_.busy = false;
  for (int i = 0; i < 5; ++i) look(10ms, 0ms);
  finish();
  EXPECT_EQ(wall_, "{main} /a.php;f 5000\n");  // half of the time until the next look
  EXPECT_EQ(samples_, 1U);
}

// Its answer outlives the request.
TEST_F(ProfileSamplerTest, ARequestThatEndsBeforeTheNextLook) {
  start();
  look(10ms, 10ms);
  thread_.exchange.job.request_id = 8;
  thread_.function = "g";
  look(10ms, 10ms);
  thread_.busy = false;
  look(10ms, 0ms);
  finish();
  EXPECT_EQ(wall_, "{main} /a.php;f 5000\n{main} /a.php;g 10000\n");
}

TEST_F(ProfileSamplerTest, ARequestThatReachesNoInstructionAnyMore) {
  start();
  thread_.does = Does::kStaysInCall;
  look(10ms, 10ms);
  thread_.exchange.job.request_id = 8;
  thread_.does = Does::kRuns;
  look(10ms, 10ms);
  thread_.busy = false;
  look(10ms, 0ms);
  finish();
  EXPECT_EQ(wall_, "[no PHP function] 5000\n{main} /a.php;f 10000\n");
}

TEST_F(ProfileSamplerTest, OnlyWantedRequests) {
  start([](const Job& job) { return job.request_id == 7; });
  for (int i = 0; i < 10; ++i) look(1ms, 1ms);
  thread_.exchange.job.request_id = 8;
  thread_.function = "unwanted";
  for (int i = 0; i < 10; ++i) look(1ms, 1ms);
  finish();
  EXPECT_EQ(wall_, "{main} /a.php;f 9500\n");
  EXPECT_EQ(cpu_, "{main} /a.php;f 9500\n");
}

TEST_F(ProfileSamplerTest, SaysThatNobodyHasLooked) {
  start();
  thread_.does = Does::kWaits;
  look(5s, 0ms);
  look(10ms, 0ms);
  finish();
  ASSERT_EQ(notes_.size(), 1U);
  EXPECT_TRUE(notes_[0].starts_with("for 5.0 s nobody looked"));
}

}  // namespace
}  // namespace tusk::exec::observation
