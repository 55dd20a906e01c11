#include "php/rewind/range_list.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tusk::php::rewind {
namespace {

using ::testing::ElementsAre;

constexpr std::uintptr_t kPage = kPageBytes;

std::vector<Range> outside(Range whole, const std::vector<Range>& ranges) {
  std::vector<Range> found;
  for_each_outside(whole, std::span<const Range>(ranges),
                   [&](Range range) { found.push_back(range); });
  return found;
}

std::vector<Range> inside(Range whole, const std::vector<Range>& ranges) {
  std::vector<Range> found;
  for_each_inside(whole, std::span<const Range>(ranges),
                  [&](Range range) { found.push_back(range); });
  return found;
}

std::vector<Range> page_runs(Range whole, const std::vector<Range>& ranges) {
  std::vector<Range> found;
  for_each_page_run_outside(whole, std::span<const Range>(ranges),
                            [&](Range range) { found.push_back(range); });
  return found;
}

TEST(RangeList, IsSortedAndJoined) {
  std::vector<Range> ranges{{50, 60}, {10, 20}, {20, 30}, {15, 18}, {70, 70}, {55, 65}};
  ranges.resize(normalize(ranges));
  EXPECT_THAT(ranges, ElementsAre(Range{10, 30}, Range{50, 65}));
  EXPECT_EQ(normalize({}), 0U);
}

TEST(RangeList, DividesARange) {
  const std::vector<Range> ranges{{10, 20}, {30, 40}};
  EXPECT_THAT(outside({0, 50}, ranges), ElementsAre(Range{0, 10}, Range{20, 30}, Range{40, 50}));
  EXPECT_THAT(outside({15, 35}, ranges), ElementsAre(Range{20, 30}));
  EXPECT_THAT(outside({12, 18}, ranges), ElementsAre());
  EXPECT_THAT(outside({20, 30}, ranges), ElementsAre(Range{20, 30}));
  EXPECT_THAT(inside({0, 50}, ranges), ElementsAre(Range{10, 20}, Range{30, 40}));
  EXPECT_THAT(inside({15, 35}, ranges), ElementsAre(Range{15, 20}, Range{30, 35}));
  EXPECT_THAT(inside({20, 30}, ranges), ElementsAre());
}

TEST(RangeList, APageThatIsInsideInPartCountsAsOutside) {
  const std::vector<Range> ranges{{kPage + 8, 3 * kPage + 8}};
  EXPECT_THAT(page_runs({0, 5 * kPage}, ranges),
              ElementsAre(Range{0, 2 * kPage}, Range{3 * kPage, 5 * kPage}));
  EXPECT_THAT(page_runs({0, kPage}, {{8, 16}}), ElementsAre(Range{0, kPage}));
  EXPECT_THAT(page_runs({0, 2 * kPage}, {{0, 2 * kPage}}), ElementsAre());
}

}  // namespace
}  // namespace tusk::php::rewind
