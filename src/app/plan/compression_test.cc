#include "app/plan/compression.h"

#include <gtest/gtest.h>

namespace tusk::app::plan {
namespace {

using http::ContentCoding;
using Codings = std::vector<ContentCoding>;

TEST(CompressionPolicy, ScriptsHaveTheOrderThatWasGivenAndFilesTheSmallestFirst) {
  config::Settings settings;
  settings.compression = {"gzip", "zstd", "br"};
  settings.compress_types = {"text/*"};
  settings.zstd_level = 7;
  settings.compress_max_bytes = 10;
  const http::coding::Policy policy = compression_policy(settings);
  EXPECT_EQ(policy.scripts,
            (Codings{ContentCoding::kGzip, ContentCoding::kZstd, ContentCoding::kBrotli}));
  EXPECT_EQ(policy.files,
            (Codings{ContentCoding::kBrotli, ContentCoding::kZstd, ContentCoding::kGzip}));
  EXPECT_EQ(policy.levels.zstd, 7);
  EXPECT_TRUE(policy.has_right_size(10));
  EXPECT_FALSE(policy.has_right_size(11));
  EXPECT_TRUE(policy.takes("text/css"));
}

TEST(CompressionPolicy, OffIsNone) {
  config::Settings settings;
  settings.compression = {"off"};
  EXPECT_TRUE(compression_policy(settings).scripts.empty());
  EXPECT_TRUE(compression_policy(settings).files.empty());
}

}  // namespace
}  // namespace tusk::app::plan
