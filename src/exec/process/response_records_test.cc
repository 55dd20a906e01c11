#include "exec/process/response_records.h"

#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace tusk::exec::process {
namespace {

using Next = ResponseReader::Next;

// A slot with a small ring of exactly that size, so that a sanitizer sees an access beyond it.
class Records : public testing::Test {
 protected:
  static constexpr std::size_t kRing = 256;

  void begin_at(std::uint64_t position) {
    reader_.begin(position);
    writer_.begin();
  }

  // Empty: there is none.
  std::optional<std::string> next(RecordKind kind) {
    Record record;
    if (reader_.next(record) != Next::kRecord) return std::nullopt;
    EXPECT_EQ(record.kind, kind);
    return record.text();
  }

  Next next() {
    Record record;
    return reader_.next(record);
  }

  void put_header(std::uint64_t position, std::uint32_t kind, std::uint32_t length) {
    const RecordHeader header{kind, length};
    std::memcpy(ring_.get() + position % kRing, &header, sizeof header);
  }

  SlotControl slot_{};
  std::unique_ptr<char[]> ring_ = std::make_unique<char[]>(kRing);
  ResponseWriter writer_{slot_, {ring_.get(), kRing}};
  ResponseReader reader_{slot_, {ring_.get(), kRing}};
};

TEST_F(Records, GoThroughAtEveryPlaceOfTheRing) {
  for (std::uint64_t start = 0; start < kRing; start += 8) {
    begin_at(start);
    for (std::size_t length = 0; length <= writer_.most(); ++length) {
      std::string text(length, 'a');
      for (std::size_t i = 0; i < length; ++i) text[i] = static_cast<char>(i + start);
      const std::string_view view(text);
      ASSERT_TRUE(writer_.put(RecordKind::kPiece,
                              {view.substr(0, length / 3), {}, view.substr(length / 3)}));
      ASSERT_TRUE(reader_.has_news());
      ASSERT_EQ(next(RecordKind::kPiece), text);
      ASSERT_EQ(next(), Next::kNone);
      ASSERT_FALSE(reader_.has_news());
      reader_.give_back();
    }
  }
}

TEST_F(Records, ComeInOrder) {
  begin_at(0);
  ASSERT_TRUE(writer_.put(RecordKind::kHead, {"200 \r\n"}));
  ASSERT_TRUE(writer_.put(RecordKind::kTail, {"body"}));
  EndRecord end;
  end.error_status = 504;
  end.truncated = 1;
  end.memory_peak_bytes = 1000;
  ASSERT_TRUE(writer_.put_value(RecordKind::kEnd, end));
  EXPECT_EQ(next(RecordKind::kHead), "200 \r\n");
  EXPECT_EQ(next(RecordKind::kTail), "body");
  Record record;
  ASSERT_EQ(reader_.next(record), Next::kRecord);
  EXPECT_EQ(record.kind, RecordKind::kEnd);
  EndRecord got;
  ASSERT_TRUE(record.read(got));
  EXPECT_EQ(std::memcmp(&got, &end, sizeof end), 0);
  EXPECT_EQ(next(), Next::kNone);
}

TEST_F(Records, FillTheRingExactly) {
  begin_at(8);
  EXPECT_EQ(writer_.most(), kRing / 2);
  EXPECT_EQ(writer_.room(), writer_.most());
  ASSERT_TRUE(writer_.put(RecordKind::kPiece, {std::string(writer_.most(), 'a')}));
  // The rest: the ring less two headers and the first payload.
  const std::size_t rest = kRing - 2 * sizeof(RecordHeader) - writer_.most();
  ASSERT_EQ(writer_.room(), rest);
  EXPECT_FALSE(writer_.put(RecordKind::kPiece, {std::string(rest + 1, 'b')}));
  ASSERT_TRUE(writer_.put(RecordKind::kPiece, {std::string(rest, 'b')}));
  EXPECT_EQ(writer_.room(), 0U);
  EXPECT_FALSE(writer_.put(RecordKind::kPiece, {}));
  EXPECT_EQ(next(RecordKind::kPiece), std::string(writer_.most(), 'a'));
  EXPECT_EQ(next(RecordKind::kPiece), std::string(rest, 'b'));
  EXPECT_EQ(next(), Next::kNone);
  EXPECT_EQ(writer_.room(), 0U) << "not given back yet";
  reader_.give_back();
  EXPECT_EQ(writer_.room(), writer_.most());
}

TEST_F(Records, WithoutRoomForAPayloadDoNotFit) {
  begin_at(0);
  while (slot_.written < kRing - 8) ASSERT_TRUE(writer_.put(RecordKind::kPiece, {}));
  EXPECT_EQ(writer_.room(), 0U);
  EXPECT_FALSE(writer_.put(RecordKind::kPiece, {}));
  EXPECT_FALSE(writer_.put(RecordKind::kPiece, {"a"}));
}

TEST_F(Records, LongerThanHalfTheRingDoNotFit) {
  begin_at(0);
  EXPECT_FALSE(writer_.put(RecordKind::kPiece, {std::string(kRing / 2 + 1, 'a')}));
  EXPECT_FALSE(writer_.put(RecordKind::kPiece, {std::string(kRing * 4, 'a')}));
  EXPECT_EQ(slot_.written, 0U);
}

TEST_F(Records, SurviveTheEndOfTheirCounters) {
  begin_at(std::uint64_t{0} - 64);
  for (int i = 0; i < 20; ++i) {
    const std::string text = "record " + std::to_string(i);
    ASSERT_TRUE(writer_.put(RecordKind::kPiece, {text}));
    ASSERT_EQ(next(RecordKind::kPiece), text);
    reader_.give_back();
  }
  EXPECT_LT(slot_.written, 1000U);
}

TEST_F(Records, TellAWriterThatWaits) {
  begin_at(0);
  EXPECT_FALSE(reader_.give_back());
  EXPECT_EQ(slot_.progress, 0U) << "nothing was read";
  ASSERT_TRUE(writer_.put(RecordKind::kPiece, {"a"}));
  ASSERT_EQ(next(), Next::kRecord);
  EXPECT_FALSE(reader_.give_back());
  EXPECT_EQ(slot_.progress, 1U);
  EXPECT_EQ(slot_.read, 16U);
  slot_.waits = 1;
  EXPECT_FALSE(reader_.give_back()) << "nothing new";
  ASSERT_TRUE(writer_.put(RecordKind::kPiece, {"a"}));
  ASSERT_EQ(next(), Next::kRecord);
  EXPECT_TRUE(reader_.give_back());
}

TEST_F(Records, OfUnknownKindsAreBroken) {
  for (const std::uint32_t kind : {0U, 10U, 255U, 0x100U, 0x80000001U, UINT32_MAX}) {
    begin_at(0);
    put_header(0, kind, 0);
    slot_.written = 8;
    EXPECT_EQ(next(), Next::kBroken) << kind;
  }
  for (std::uint32_t kind = 1; kind <= 9; ++kind) {
    begin_at(0);
    put_header(0, kind, 0);
    slot_.written = 8;
    EXPECT_EQ(next(), Next::kRecord) << kind;
  }
}

TEST_F(Records, OfFalseLengthsAreBroken) {
  for (const std::uint32_t length : {9U, 16U, 129U, 240U, 248U, 256U, 0x7fffffffU, 0xfffffff0U,
                                     0xfffffff8U, 0xfffffff9U, UINT32_MAX}) {
    for (const std::uint64_t start : {0U, 240U, 248U}) {
      begin_at(start);
      put_header(start, 3, length);
      slot_.written = start + 16;
      EXPECT_EQ(next(), Next::kBroken) << length;
    }
  }
  begin_at(0);
  put_header(0, 3, kRing / 2 + 1);
  slot_.written = kRing;
  EXPECT_EQ(next(), Next::kBroken) << "it is there, but longer than a record may be";
  put_header(0, 3, kRing / 2);
  EXPECT_EQ(next(), Next::kRecord);
}

TEST_F(Records, AreBrokenIfTheCounterIsFalse) {
  for (const std::uint64_t start : {std::uint64_t{0}, std::uint64_t{1000}, ~std::uint64_t{7}}) {
    for (const std::uint64_t wrong :
         {start - 1, start - 8, start - kRing, start + 1, start + 7, start + kRing + 1,
          start + kRing + 8, start + (std::uint64_t{1} << 32U),
          start + (std::uint64_t{1} << 63U)}) {
      begin_at(start);
      for (std::size_t at = 0; at < kRing; at += 8) put_header(at, 3, 0);
      slot_.written = wrong;
      EXPECT_EQ(next(), Next::kBroken) << wrong - start;
    }
  }
}

TEST_F(Records, AreBrokenIfTheCounterGoesBack) {
  begin_at(0);
  ASSERT_TRUE(writer_.put(RecordKind::kPiece, {"a"}));
  ASSERT_TRUE(writer_.put(RecordKind::kPiece, {"b"}));
  ASSERT_EQ(next(), Next::kRecord);
  ASSERT_EQ(next(), Next::kRecord);
  slot_.written = 16;
  EXPECT_EQ(next(), Next::kBroken);
  reader_.give_back();
  EXPECT_EQ(next(), Next::kBroken);
  slot_.written = 0;
  EXPECT_EQ(next(), Next::kBroken);
}

// A worker that writes on while the server reads, whatever room it has.
TEST_F(Records, AreNotReadWithoutEnd) {
  begin_at(0);
  for (std::size_t at = 0; at < kRing; at += 8) put_header(at, 3, 0);
  std::size_t count = 0;
  do {
    ASSERT_LE(count, kRing / 8);
    slot_.written += 8;
    slot_.read += 8;
    ++count;
  } while (next() == Next::kRecord);
  EXPECT_EQ(count, kRing / 8 + 1);
}

TEST_F(Records, AreGivenBackWhateverTheWorkerSays) {
  begin_at(0);
  ASSERT_TRUE(writer_.put(RecordKind::kPiece, {"a"}));
  ASSERT_EQ(next(), Next::kRecord);
  slot_.read = 16;  // as if they were given back already
  reader_.give_back();
  EXPECT_EQ(slot_.progress, 1U);
  slot_.read = 7;
  reader_.give_back();
  EXPECT_EQ(slot_.progress, 1U);
}

TEST_F(Records, BeginWithAnyWords) {
  for (const std::uint64_t left : {std::uint64_t{1}, std::uint64_t{7}, std::uint64_t{255},
                                   UINT64_MAX, UINT64_MAX - 8, std::uint64_t{1} << 63U}) {
    slot_.written = left;
    slot_.read = ~left;
    std::memset(ring_.get(), 0xff, kRing);
    reader_.begin();
    EXPECT_EQ(slot_.written % 8, 0U);
    EXPECT_EQ(slot_.written, slot_.read);
    EXPECT_EQ(next(), Next::kNone);
    writer_.begin();
    ASSERT_TRUE(writer_.put(RecordKind::kTail, {std::string(kRing / 2, 't')}));
    EXPECT_EQ(next(RecordKind::kTail), std::string(kRing / 2, 't'));
  }
}

TEST_F(Records, WriterSurvivesAnyWordOfTheServer) {
  begin_at(0);
  ASSERT_TRUE(writer_.put(RecordKind::kPiece, {"a"}));
  for (const std::uint64_t read :
       {std::uint64_t{17}, std::uint64_t{1000}, std::uint64_t{1} << 63U}) {
    slot_.read = read;
    EXPECT_EQ(writer_.room(), 0U);
    EXPECT_FALSE(writer_.put(RecordKind::kPiece, {}));
  }
}

TEST_F(Records, OfValuesNeedTheirSize) {
  begin_at(232);  // around the end
  const FilePiece piece{.offset = 5, .length = 6};
  ASSERT_TRUE(writer_.put_value(RecordKind::kFilePiece, piece));
  Record record;
  ASSERT_EQ(reader_.next(record), Next::kRecord);
  ASSERT_EQ(record.parts[0].size(), 16U);
  FilePiece got;
  ASSERT_TRUE(record.read(got));
  EXPECT_EQ(got.offset, 5U);
  EXPECT_EQ(got.length, 6U);
  EndRecord end;
  EXPECT_FALSE(record.read(end));
  for (int i = 0; i < 6; ++i) {
    ASSERT_TRUE(writer_.put_value(RecordKind::kFilePiece, piece));
    ASSERT_EQ(reader_.next(record), Next::kRecord);
    got = {};
    ASSERT_TRUE(record.read(got));
    EXPECT_EQ(got.length, 6U);
  }
}

// One thread is the worker, one the server; both sleep only by the futex.
TEST_F(Records, PassBetweenTwoSidesThatSleep) {
  begin_at(0);
  constexpr std::uint32_t kCount = 20'000;
  std::atomic<std::uint32_t> bell{0};
  std::thread worker([this, &bell] {
    for (std::uint32_t i = 0; i < kCount; ++i) {
      const std::string text(i % (kRing / 2), static_cast<char>(i));
      for (;;) {
        const std::uint32_t seen = slot_.progress.load();
        if (writer_.put(RecordKind::kPiece, {text})) break;
        slot_.waits.store(1);
        wait_on(slot_.progress, seen);
        slot_.waits.store(0);
      }
      bell.fetch_add(1);
      wake_on(bell);
    }
  });
  std::uint32_t got = 0;
  bool is_whole = true;
  while (got < kCount) {
    const std::uint32_t seen = bell.load();
    Record record;
    Next next = Next::kNone;
    while ((next = reader_.next(record)) == Next::kRecord) {
      is_whole &= record.text() == std::string(got % (kRing / 2), static_cast<char>(got));
      ++got;
    }
    ASSERT_NE(next, Next::kBroken);
    if (reader_.give_back()) wake_on(slot_.progress);
    if (got < kCount && !reader_.has_news()) wait_on(bell, seen);
  }
  worker.join();
  EXPECT_TRUE(is_whole);
  EXPECT_FALSE(reader_.has_news());
}

}  // namespace
}  // namespace tusk::exec::process
