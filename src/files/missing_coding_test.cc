#include "files/missing_coding.h"

#include <memory>

#include <gtest/gtest.h>

namespace tusk::files {
namespace {

using http::ContentCoding;

http::coding::Policy policy() {
  http::coding::Policy policy;
  policy.files = {ContentCoding::brotli, ContentCoding::zstd, ContentCoding::gzip};
  return policy;
}

RepresentationRef representation(ContentCoding coding, bool made_here = false) {
  auto made = std::make_shared<Representation>();
  made->may_be_compressed = coding == ContentCoding::identity;
  made->coding = coding;
  made->made_here = made_here;
  return made;
}

ServedFile file_in(std::initializer_list<RepresentationRef> others) {
  ServedFile file;
  file.in[0] = representation(ContentCoding::identity);
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
  EXPECT_EQ(missing(file, "gzip, br, zstd", "GET"), ContentCoding::brotli);
  EXPECT_EQ(missing(file, "gzip, zstd", "HEAD"), ContentCoding::zstd);
  EXPECT_EQ(missing(file, "gzip, br;q=0.5", "GET"), ContentCoding::gzip);
  EXPECT_EQ(missing(file, "deflate", "GET"), ContentCoding::identity);
  EXPECT_EQ(missing(file, "br", "POST"), ContentCoding::identity);
  EXPECT_EQ(missing(file, "br", "GET", "bytes=0-9"), ContentCoding::identity);
}

TEST(MissingCoding, IsNoneOfWhatIsThere) {
  const ServedFile made = file_in({representation(ContentCoding::brotli, true)});
  EXPECT_EQ(missing(made, "gzip, br", "GET"), ContentCoding::identity);
  EXPECT_EQ(missing(made, "gzip, br;q=0.5", "GET"), ContentCoding::gzip);
  const ServedFile sibling = file_in({representation(ContentCoding::gzip)});
  EXPECT_EQ(missing(sibling, "gzip, br", "GET"), ContentCoding::identity) << "as good";
  EXPECT_EQ(missing(sibling, "gzip;q=0.5, br", "GET"), ContentCoding::brotli);
  EXPECT_EQ(missing(sibling, "br", "GET"), ContentCoding::brotli);
}

TEST(MissingCoding, NeedsAFileThatMayBeCompressed) {
  auto original = std::make_shared<Representation>();
  ServedFile file;
  file.in[0] = original;
  EXPECT_EQ(missing(file, "br", "GET"), ContentCoding::identity);
  original->may_be_compressed = true;
  EXPECT_EQ(missing(file, "br", "GET"), ContentCoding::brotli);
}

}  // namespace
}  // namespace tusk::files
