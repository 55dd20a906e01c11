#include "http/h2/frame_scanner.h"

#include <gtest/gtest.h>

#include "http/h2/raw_frames.h"

namespace tusk::http::h2 {
namespace {

TEST(FrameScanner, FindsEachHeadOnceHoweverTheBytesAreCut) {
  const std::string stream = "preface" + raw::frame(1, 5, 3, "abc") + raw::frame(0, 1, 3, "") +
                             raw::frame(0xfa, 0xff, 0x7fffffff, std::string(70'000, 'x')) +
                             raw::frame(6, 0, 0, "12345678");
  for (const std::size_t step : {1UL, 2UL, 8UL, 9UL, 10UL, 1000UL, stream.size()}) {
    FrameScanner scanner(7);
    std::string found;
    for (std::size_t at = 0; at < stream.size();) {
      const std::string_view input = std::string_view(stream).substr(at, step);
      const FrameScanner::Scan scan = scanner.scan(input);
      const std::size_t taken = scan.head + scan.payload;
      ASSERT_GT(taken, 0U);
      ASSERT_LE(taken, input.size());
      if (scan.complete) {
        const FrameHead head = scanner.head();
        found += std::to_string(head.type) + "/" + std::to_string(head.flags) + "/" +
                 std::to_string(head.stream) + "/" + std::to_string(head.length) + " ";
      }
      at += taken;
    }
    EXPECT_EQ(found, "1/5/3/3 0/1/3/0 250/255/2147483647/70000 6/0/0/8 ") << step;
  }
}

}  // namespace
}  // namespace tusk::http::h2
