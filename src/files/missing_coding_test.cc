#include "files/missing_coding.h"

#include <memory>

#include <gtest/gtest.h>

namespace tusk::files {
namespace {

using http::ContentCoding;

http::coding::Policy policy() {
  http::coding::Policy policy;
  policy.files = {ContentCoding::kBrotli, ContentCoding::kZstd, ContentCoding::kGzip};
  return policy;
}

RepresentationRef representation(ContentCoding coding, bool made_here = false) {
  auto made = std::make_shared<Representation>();
  made->may_be_compressed = coding == ContentCoding::kIdentity;
  made->coding = coding;
  made->made_here = made_here;
  return made;
}

ServedFile file_in(std::initializer_list<RepresentationRef> others) {
  ServedFile file;
  file.in[0] = representation(ContentCoding::kIdentity);
  for (const RepresentationRef& other : others) {
    file.in[static_cast<std::size_t>(other->coding)] = other;
  }
  return file;
}

ContentCoding missing(const ServedFile& file, std::string_view accept, std::string_view method,
                      std::string_view range = {}) {
  http::RequestHead request;
  request.method = request.append(method);
  request.add_field("Accept-Encoding", accept);
  if (!range.empty()) request.add_field("Range", range);
  return missing_coding(request, file, policy());
}

TEST(MissingCoding, IsTheOneThatTheClientPrefers) {
  const ServedFile file = file_in({});
  EXPECT_EQ(missing(file, "gzip, br, zstd", "GET"), ContentCoding::kBrotli);
  EXPECT_EQ(missing(file, "gzip, zstd", "HEAD"), ContentCoding::kZstd);
  EXPECT_EQ(missing(file, "gzip, br;q=0.5", "GET"), ContentCoding::kGzip);
  EXPECT_EQ(missing(file, "deflate", "GET"), ContentCoding::kIdentity);
  EXPECT_EQ(missing(file, "br", "POST"), ContentCoding::kIdentity);
  EXPECT_EQ(missing(file, "br", "GET", "bytes=0-9"), ContentCoding::kIdentity);
}

TEST(MissingCoding, IsNoneOfWhatIsThere) {
  const ServedFile made = file_in({representation(ContentCoding::kBrotli, true)});
  EXPECT_EQ(missing(made, "gzip, br", "GET"), ContentCoding::kIdentity);
  EXPECT_EQ(missing(made, "gzip, br;q=0.5", "GET"), ContentCoding::kGzip);
  const ServedFile sibling = file_in({representation(ContentCoding::kGzip)});
  EXPECT_EQ(missing(sibling, "gzip, br", "GET"), ContentCoding::kIdentity) << "as good";
  EXPECT_EQ(missing(sibling, "gzip;q=0.5, br", "GET"), ContentCoding::kBrotli);
  EXPECT_EQ(missing(sibling, "br", "GET"), ContentCoding::kBrotli);
}

TEST(MissingCoding, NeedsAFileThatMayBeCompressed) {
  auto original = std::make_shared<Representation>();
  ServedFile file;
  file.in[0] = original;
  EXPECT_EQ(missing(file, "br", "GET"), ContentCoding::kIdentity);
  original->may_be_compressed = true;
  EXPECT_EQ(missing(file, "br", "GET"), ContentCoding::kBrotli);
}

}  // namespace
}  // namespace tusk::files
