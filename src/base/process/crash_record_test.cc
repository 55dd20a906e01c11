#include "base/process/crash_record.h"

#include <cstring>
#include <memory>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

namespace tusk::base::process {
namespace {

TEST(CrashRecord, TheSupervisorReadsWhatTheProcessWrote) {
  const Result<UniqueFd> made = make_crash_record();
  ASSERT_TRUE(made);
  EXPECT_EQ(read_crash_record(*made), nullptr);  // no crash
  CrashRecord* const written = map_crash_record(*made);
  ASSERT_NE(written, nullptr);
  std::strcpy(written->cause, "SIGSEGV");
  written->native_count = 1;
  written->native[0] = {.address = 0x1234, .module = 0};
  written->module_count = 1;
  written->stage = static_cast<std::uint32_t>(CrashStage::kFacts);
  const auto read = read_crash_record(*made);
  ASSERT_NE(read, nullptr);
  EXPECT_EQ(read->reached(), CrashStage::kFacts);
  EXPECT_EQ(text_of(read->cause), "SIGSEGV");
  EXPECT_EQ(read->native[0].address, 0x1234U);
  EXPECT_EQ(read->native[0].module, 0);
}

TEST(CrashRecord, JunkIsLimited) {
  const Result<UniqueFd> made = make_crash_record();
  ASSERT_TRUE(made);
  std::memset(map_crash_record(*made), 0x7F, sizeof(CrashRecord));
  const auto read = read_crash_record(*made);
  ASSERT_NE(read, nullptr);
  EXPECT_EQ(read->reached(), CrashStage::kComplete);
  EXPECT_EQ(read->php_count, CrashRecord::kPhpFrames);
  EXPECT_EQ(read->native_count, CrashRecord::kNativeFrames);
  EXPECT_EQ(read->module_count, CrashRecord::kModules);
  EXPECT_EQ(read->modules[3].build_id_bytes, sizeof(read->modules[3].build_id));
  EXPECT_EQ(read->native[63].module, -1);
  EXPECT_EQ(text_of(read->thread).size(), sizeof(read->thread) - 1);
  EXPECT_EQ(text_of(read->php[31].file).size(), sizeof(read->php[31].file) - 1);
}

TEST(CrashRecord, ItsSizeCannotBeChanged) {
  const Result<UniqueFd> made = make_crash_record();
  ASSERT_TRUE(made);
  EXPECT_NE(::ftruncate(made->get(), 0), 0);
  EXPECT_NE(::ftruncate(made->get(), 1 << 20), 0);
}

TEST(CrashRecord, AnotherFileIsRefused) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const UniqueFd reader(ends[0]);
  const UniqueFd writer(ends[1]);
  EXPECT_EQ(map_crash_record(reader), nullptr);
  EXPECT_EQ(map_crash_record({}), nullptr);
  EXPECT_EQ(read_crash_record(reader), nullptr);
  // Of the right size, but its size may change.
  const UniqueFd open(::memfd_create("open", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  ASSERT_EQ(::ftruncate(open.get(), sizeof(CrashRecord)), 0);
  std::memset(map_crash_record(open), 0x7F, sizeof(CrashRecord));
  EXPECT_EQ(read_crash_record(open), nullptr);
}

TEST(CrashRecord, ARecordIsPassedOn) {
  const auto junk = std::make_unique<CrashRecord>();
  EXPECT_EQ(copy_crash_record(*junk), nullptr);  // no crash
  std::memset(static_cast<void*>(junk.get()), 0x7F, sizeof(CrashRecord));
  const auto copy = copy_crash_record(*junk);
  ASSERT_NE(copy, nullptr);
  EXPECT_EQ(copy->php_count, CrashRecord::kPhpFrames);
  EXPECT_EQ(copy->native[3].module, -1);
  const Result<UniqueFd> made = make_crash_record();
  ASSERT_TRUE(made);
  ASSERT_TRUE(write_crash_record(*made, *copy));
  const auto read = read_crash_record(*made);
  ASSERT_NE(read, nullptr);
  EXPECT_EQ(std::memcmp(read.get(), copy.get(), sizeof(CrashRecord)), 0);
}

}  // namespace
}  // namespace tusk::base::process
