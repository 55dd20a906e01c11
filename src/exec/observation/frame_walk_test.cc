#include "exec/observation/frame_walk.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <random>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tusk::exec::observation {
namespace {

using testing::ElementsAre;

// Frames of an invented PHP, whose memory begins at address kBase.
class FakeMemory final : public FrameMemory {
 public:
  static constexpr std::uint64_t kBase = 0x10000;

  bool read(std::uint64_t from, void* into, std::size_t size) noexcept override {
    ++reads;
    if (from < kBase || from - kBase > bytes.size() || size > bytes.size() - (from - kBase))
      return false;
    std::memcpy(into, bytes.data() + (from - kBase), size);
    return true;
  }

  // Places the words, and returns where.
  std::uint64_t add(std::initializer_list<std::uint64_t> words) {
    const std::uint64_t at = kBase + bytes.size();
    for (const std::uint64_t word : words) {
      const auto* const raw = reinterpret_cast<const char*>(&word);
      bytes.insert(bytes.end(), raw, raw + sizeof word);
    }
    return at;
  }
  std::uint64_t add_text(std::string_view text) {
    const std::uint64_t at = add({text.size()});
    bytes.insert(bytes.end(), text.begin(), text.end());
    bytes.resize((bytes.size() + 7) / 8 * 8);
    return at;
  }
  void set(std::uint64_t at, std::uint64_t word) {
    std::memcpy(bytes.data() + (at - kBase), &word, sizeof word);
  }

  std::vector<char> bytes;
  int reads = 0;
};

constexpr std::uint64_t kScript = 2;
constexpr std::uint64_t kInternal = 1;
constexpr std::uint64_t kObject = 8;

class FrameWalkTest : public ::testing::Test {
 protected:
  FrameWalkTest() {
    layout_ = {.globals = memory_.add({0, 0, 0, 0, 0}),
               .in_globals = {.frame = 0,
                              .interrupt = 8,
                              .throw_instructions = 16,
                              .throw_instructions_bytes = 8,
                              .instruction_before_throw = 24},
               .in_frame = {.bytes = 40,
                            .instruction = 0,
                            .function = 8,
                            .previous = 16,
                            .object = 24,
                            .object_type = 32},
               .in_function = {.bytes = 24, .type = 0, .name = 8, .scope = 16, .file = 24},
               .in_instruction = {.bytes = 16, .operation = 0, .extended_value = 4, .line = 8},
               .in_others = {.text_size = 0,
                             .text = 8,
                             .class_of_object = 0,
                             .name_of_class = 0,
                             .parent_of_generator = 8,
                             .frame_of_generator = 16},
               .constants = {.object = kObject, .eval = 4}};
    const std::uint64_t file = memory_.add_text("/srv/a.php");
    const std::uint64_t scope = memory_.add({memory_.add_text("Cart")});
    main_ = memory_.add({kScript, 0, 0, file});
    total_ = memory_.add({kScript, memory_.add_text("total"), scope, file});
    strlen_ = memory_.add({kInternal, memory_.add_text("strlen"), 0});
    const std::uint64_t line_3 = memory_.add({0, 3});
    const std::uint64_t line_9 = memory_.add({0, 9});
    const std::uint64_t outer = memory_.add({line_3, main_, 0, 0, 0});
    middle_ = memory_.add({line_9, total_, outer, memory_.add({scope}), kObject});
    memory_.set(layout_.globals, memory_.add({0, strlen_, middle_, 0, 0}));
  }

  bool walk() {
    trace_.clear(1);
    memory_.reads = 0;
    return FrameWalk(memory_, layout_, trace_).run();
  }

  FakeMemory memory_;
  FrameLayout layout_;
  Backtrace trace_;
  std::uint64_t main_ = 0;
  std::uint64_t total_ = 0;
  std::uint64_t strlen_ = 0;
  std::uint64_t middle_ = 0;
};

TEST_F(FrameWalkTest, ReadsFramesByNumbersAlone) {
  ASSERT_TRUE(layout_.is_sound());
  ASSERT_TRUE(walk());
  EXPECT_THAT(frame_lines(trace_),
              ElementsAre("#0 [internal] strlen()", "#1 /srv/a.php:9 Cart->total()",
                          "#2 /srv/a.php:3 {main}"));
  EXPECT_FALSE(trace_.has_more_frames);
}

TEST_F(FrameWalkTest, AnExceptionHidesNoLine) {
  memory_.set(middle_, layout_.globals + layout_.in_globals.throw_instructions);
  memory_.set(layout_.globals + layout_.in_globals.instruction_before_throw, memory_.add({0, 77}));
  ASSERT_TRUE(walk());
  EXPECT_EQ(frame_lines(trace_)[1], "#1 /srv/a.php:77 Cart->total()");
}

TEST_F(FrameWalkTest, ACycleEnds) {
  memory_.set(middle_ + 16, middle_);
  ASSERT_TRUE(walk());
  EXPECT_TRUE(trace_.has_more_frames);
  EXPECT_EQ(trace_.frames().size(), Backtrace::kMostFrames);
}

TEST_F(FrameWalkTest, WrongAddressesEndTheWalk) {
  memory_.set(middle_ + 8, 5);
  EXPECT_FALSE(walk());
  EXPECT_THAT(frame_lines(trace_), ElementsAre("#0 [internal] strlen()"));
  memory_.set(layout_.globals, ~std::uint64_t{0});
  EXPECT_FALSE(walk());
}

// Whatever a process has written, the walk stays inside of its own memory, and ends.
TEST_F(FrameWalkTest, RandomMemoryAndLayoutsDoNoHarm) {
  std::minstd_rand random(11);
  const FakeMemory good = memory_;
  const FrameLayout known = layout_;
  int sound = 0;
  for (int round = 0; round < 20'000; ++round) {
    memory_.bytes = good.bytes;
    layout_ = known;
    for (unsigned i = 0; i < random() % 20; ++i)
      memory_.bytes[random() % memory_.bytes.size()] = static_cast<char>(random());
    if (round % 2 == 0) {
      auto* const bytes = reinterpret_cast<unsigned char*>(&layout_);
      for (unsigned i = 0; i < random() % 4; ++i)
        bytes[random() % sizeof layout_] = static_cast<unsigned char>(random());
    }
    if (!layout_.is_sound()) continue;
    ++sound;
    (void)walk();
    EXPECT_LE(trace_.frames().size(), Backtrace::kMostFrames);
    for (const Backtrace::Frame& frame : trace_.frames()) (void)frame_text(trace_, frame);
  }
  EXPECT_GT(sound, 10'000);
}

TEST(FrameLayout, FieldsAreInsideOfWhatIsRead) {
  FrameLayout layout;
  EXPECT_FALSE(layout.is_sound());
  layout.globals = 1;
  layout.in_frame.bytes = 80;
  layout.in_function.bytes = 24;
  layout.in_instruction.bytes = 32;
  EXPECT_TRUE(layout.is_sound());
  layout.in_frame.previous = 73;
  EXPECT_FALSE(layout.is_sound());
  layout.in_frame = {.bytes = FrameLayout::kMostBytes + 1};
  EXPECT_FALSE(layout.is_sound());
  layout.in_frame = {.bytes = 80, .object_type = 80};
  EXPECT_FALSE(layout.is_sound());
  layout.in_frame = {.bytes = 80};
  layout.in_function = {.bytes = 24, .scope = ~0U};
  EXPECT_FALSE(layout.is_sound());
  layout.in_function = {.bytes = 24};
  layout.in_instruction = {.bytes = 32, .line = 29};
  EXPECT_FALSE(layout.is_sound());
}

}  // namespace
}  // namespace tusk::exec::observation
