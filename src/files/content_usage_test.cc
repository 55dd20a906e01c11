#include "files/content_usage.h"

#include <gtest/gtest.h>

namespace tusk::files {
namespace {

constexpr ContentUsage::Limits kLimits{.cached = {.descriptors = 2, .bytes = 10},
                                       .held = {.descriptors = 4, .bytes = 100}};

TEST(ContentUsage, LimitsDescriptors) {
  ContentUsage usage(kLimits);
  {
    ContentUsage::Share all;
    EXPECT_TRUE(usage.take({.descriptors = 6}, all));
    ContentUsage::Share more;
    EXPECT_FALSE(usage.take({.descriptors = 1}, more));
    EXPECT_EQ(more.usage(), nullptr);
    EXPECT_TRUE(usage.take({.bytes = 1}, more)) << "bytes have a limit of their own";
  }
  ContentUsage::Share again;
  EXPECT_TRUE(usage.take({.descriptors = 6}, again)) << "all were given back";
}

TEST(ContentUsage, LimitsBytes) {
  ContentUsage usage(kLimits);
  ContentUsage::Share share;
  EXPECT_FALSE(usage.take({.bytes = 111}, share));
  EXPECT_TRUE(usage.take({.bytes = 110}, share));
  share = {};
  EXPECT_TRUE(usage.take({.bytes = 110}, share));
}

TEST(ContentUsage, WhatExistsIsCountedBeyondTheLimit) {
  ContentUsage usage(kLimits);
  {
    const ContentUsage::Share forced = usage.force({.bytes = 1000});
    ContentUsage::Share share;
    EXPECT_FALSE(usage.take({.bytes = 1}, share));
  }
  ContentUsage::Share share;
  EXPECT_TRUE(usage.take({.bytes = 1}, share));
}

TEST(ContentUsage, IsScarceWhenResponsesHoldMoreThanHalf) {
  ContentUsage usage(kLimits);
  EXPECT_FALSE(usage.scarce());
  ContentUsage::Share descriptors;
  EXPECT_TRUE(usage.take({.descriptors = 4}, descriptors));
  EXPECT_FALSE(usage.scarce()) << "the cache may hold two of them";
  ContentUsage::Share one_more;
  EXPECT_TRUE(usage.take({.descriptors = 1}, one_more));
  EXPECT_TRUE(usage.scarce());
  one_more = {};
  EXPECT_FALSE(usage.scarce());
  ContentUsage::Share bytes;
  EXPECT_TRUE(usage.take({.bytes = 61}, bytes));
  EXPECT_TRUE(usage.scarce());
}

}  // namespace
}  // namespace tusk::files
