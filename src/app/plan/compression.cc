#include "app/plan/compression.h"

#include <algorithm>

namespace tusk::app::plan {

namespace {

using http::ContentCoding;

// In the order of the size of the result. Files are compressed once and sent often, so the time
// matters little.
constexpr ContentCoding kSmallestFirst[] = {ContentCoding::kBrotli, ContentCoding::kZstd,
                                            ContentCoding::kGzip};

}  // namespace

http::coding::Policy compression_policy(const config::Settings& settings) {
  http::coding::Policy policy;
  for (const std::string& name : settings.compression) {
    const auto* const coding = std::ranges::find(kSmallestFirst, name, http::name_of);
    if (coding != std::end(kSmallestFirst)) policy.scripts.push_back(*coding);
  }
  for (const ContentCoding coding : kSmallestFirst) {
    if (std::ranges::find(policy.scripts, coding) != policy.scripts.end()) {
      policy.files.push_back(coding);
    }
  }
  policy.levels = {.gzip = static_cast<int>(settings.gzip_level),
                   .brotli = static_cast<int>(settings.brotli_level),
                   .zstd = static_cast<int>(settings.zstd_level)};
  policy.min_bytes = settings.compress_min_bytes;
  policy.max_bytes = settings.compress_max_bytes;
  policy.types = http::coding::MediaTypes(settings.compress_types);
  policy.stream_types = http::coding::MediaTypes(settings.compress_streams);
  return policy;
}

}  // namespace tusk::app::plan
