#include "http/trace_context.h"

#include <string>

#include <gtest/gtest.h>

namespace tusk::http {
namespace {

constexpr const char* kGood = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(Traceparent, IsReadAndWritten) {
  auto context = parse_traceparent(kGood);
  ASSERT_TRUE(context);
  EXPECT_EQ(context->trace_high, 0x0af7651916cd43ddU);
  EXPECT_EQ(context->trace_low, 0x8448eb211c80319cU);
  EXPECT_EQ(context->parent, 0xb7ad6b7169203331U);
  EXPECT_TRUE(context->sampled());
  context->span = 0x00f067aa0ba902b7;
  EXPECT_EQ(to_traceparent(*context), "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01");
}

// The cases of the specification and of the W3C's own test suite (test_data.py).
TEST(Traceparent, RefusesWhatIsMalformed) {
  const std::string trace = "0af7651916cd43dd8448eb211c80319c";
  const std::string span = "b7ad6b7169203331";
  for (const std::string& bad : {
           std::string(),
           std::string("00"),
           "00-" + trace + "-" + span,                         // no flags
           "00-" + trace + "-" + span + "-",                   //
           "00-" + trace + "-" + span + "-1",                  // too short
           "00-" + trace + "-" + span + "-011",                // too long
           "00-" + trace + "-" + span + "-01-",                // version 00 ends here
           "00-" + trace + "-" + span + "-01-what",            //
           "00-" + trace + "-" + span + "-01.what",            //
           "00-" + trace + "-" + span + "-.1",                 //
           "00-" + trace + "-" + span + "-0G",                 //
           "00-" + trace + "-" + span + "-0A",                 // upper case
           "0-" + trace + "-" + span + "-01",                  // version
           "000-" + trace + "-" + span + "-01",                //
           ".0-" + trace + "-" + span + "-01",                 //
           "0A-" + trace + "-" + span + "-01",                 //
           "ff-" + trace + "-" + span + "-01",                 // forbidden
           "cc-" + trace + "-" + span + "-01.what",            // later versions go on with a dash
           "cc-" + trace + "-" + span + "-01what",             //
           "00-" + std::string(32, '0') + "-" + span + "-01",  // zero
           "00-" + trace + "-" + std::string(16, '0') + "-01",
           "00-0AF7651916CD43DD8448EB211C80319C-" + span + "-01",
           "00-" + trace + "-B7AD6B7169203331-01",
           "00-.af7651916cd43dd8448eb211c80319c-" + span + "-01",
           "00-" + trace + "-.7ad6b7169203331-01",
           "00-" + trace.substr(1) + "-" + span + "-01",
           "00-" + trace + "0-" + span + "-01",
           "00_" + trace + "_" + span + "_01",
           "00-" + trace + span + "--01",
           " " + std::string(kGood),
       }) {
    EXPECT_FALSE(parse_traceparent(bad)) << bad;
  }
}

TEST(Traceparent, ReadsLaterVersionsAsFarAsItKnowsThem) {
  const std::string rest = "-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  EXPECT_TRUE(parse_traceparent("cc" + rest));
  EXPECT_TRUE(parse_traceparent("01" + rest + "-what-the-future-will-be-like"));
  EXPECT_TRUE(parse_traceparent("fe" + rest + "-"));
}

TEST(Traceparent, DropsFlagsThatItDoesNotKnow) {
  const std::string start = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-";
  EXPECT_TRUE(parse_traceparent(start + "ff")->sampled());
  EXPECT_EQ(parse_traceparent(start + "ff")->flags, 1);
  EXPECT_FALSE(parse_traceparent(start + "fe")->sampled());
  EXPECT_FALSE(parse_traceparent(start + "00")->sampled());
}

TEST(Tracestate, IsCheckedByTheSpecification) {
  for (const std::string& good :
       {std::string("foo=1"), std::string("foo=1,bar=2"), std::string("foo=1 , bar=2 ,,baz=3"),
        std::string("foo@bar=1,bar@foo=2"), std::string("1a@b=1"), std::string("a*-/_9=t r:!\"#"),
        std::string(256, 'z') + "=1", std::string(241, 't') + "@" + std::string(14, 'v') + "=1",
        "foo=" + std::string(256, 'v'), std::string("rojo=00f067aa0ba902b7\t")}) {
    EXPECT_TRUE(is_tracestate(good)) << good;
  }
  std::string many = "a=1";
  for (int i = 0; i < 31; ++i) many += ",k" + std::to_string(i) + "=1";
  EXPECT_TRUE(is_tracestate(many));
  EXPECT_FALSE(is_tracestate(many + ",last=1"));
  for (const std::string& bad : {std::string(),
                                 std::string(","),
                                 std::string("foo"),
                                 std::string("foo ="),
                                 std::string("FOO=1"),
                                 std::string("foo.bar=1"),
                                 std::string("foo@=1"),
                                 std::string("@foo=1"),
                                 std::string("foo@@bar=1"),
                                 std::string("foo@bar@baz=1"),
                                 std::string("1foo=1"),
                                 std::string("foo=1,foo=2"),
                                 std::string("foo="),
                                 std::string("foo=bar=baz"),
                                 std::string("foo=1;bar=2"),
                                 std::string("foo=\xc3\xa4"),
                                 std::string("foo=a\x01"),
                                 std::string(257, 'z') + "=1",
                                 std::string(242, 't') + "@v=1",
                                 "t@" + std::string(15, 'v') + "=1",
                                 "foo=" + std::string(257, 'v')}) {
    EXPECT_FALSE(is_tracestate(bad)) << bad;
  }
}

}  // namespace
}  // namespace tusk::http
