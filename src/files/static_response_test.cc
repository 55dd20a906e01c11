#include "files/static_response.h"

#include <chrono>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include "files/temp_tree.h"
#include "http/date.h"
#include "http/entity_tag.h"

namespace tusk::files {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

constexpr std::int64_t kNow = 1'800'000'000;
constexpr std::int64_t kModified = 784'111'777;  // Sun, 06 Nov 1994 08:49:37 GMT

class StaticResponseTest : public testing::Test {
 protected:
  StaticResponseTest() {
    tree_.write("a.css", "body {}");
    tree_.write("empty.txt", "");
    tree_.write("digits.txt", "0123456789");
    for (const char* name : {"a.css", "empty.txt", "digits.txt"}) {
      tree_.set_modified(name, kModified, 123'456'789);
    }
  }

  ServedFile load(std::string_view path) const {
    return FileLoader({.memory_file_bytes = memory_file_bytes_}).load(root_, path).file;
  }

  StaticResponse respond(std::string_view method, const Fields& fields = {},
                         std::string_view path = "/a.css",
                         FileRequest how = FileRequest::kByUrl) const {
    http::RequestHead request;
    request.method = request.append(method);
    for (const auto& [name, value] : fields) request.add_field(name, value);
    StaticResponse response;
    respond_with_file(request, load(path), how, kNow, response);
    return response;
  }

  // The status, then the body.
  std::string ask(const Fields& fields, std::string_view path = "/digits.txt") const {
    const StaticResponse response = respond("GET", fields, path);
    return std::to_string(response.head.status) + " " + content(response.body);
  }

  static std::string content(const FileBody& body) {
    std::string content;
    for (std::size_t i = 0; i < body.slice_count(); ++i) {
      const BodySlice slice = body.slice(i);
      if (slice.fd < 0) {
        EXPECT_EQ(slice.bytes.size(), slice.length);
        content += slice.bytes;
        continue;
      }
      std::string read(slice.length, '?');
      EXPECT_EQ(::pread(slice.fd, read.data(), read.size(), static_cast<off_t>(slice.offset)),
                static_cast<ssize_t>(read.size()));
      content += read;
    }
    EXPECT_EQ(content.size(), body.size());
    return content;
  }

  std::string tag(std::string_view path = "/a.css") const { return load(path).identity()->tag; }

  std::uint64_t memory_file_bytes_ = 64 * 1024;
  TempTree tree_;
  DocumentRoot root_ = tree_.open();
};

TEST_F(StaticResponseTest, SendsTheFile) {
  const StaticResponse response = respond("GET");
  EXPECT_EQ(response.head.status, 200);
  EXPECT_EQ(response.head.find("Content-Type"), "text/css; charset=utf-8");
  EXPECT_EQ(response.head.find("Last-Modified"), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(response.head.find("ETag"), tag());
  EXPECT_EQ(response.head.find("Accept-Ranges"), "bytes");
  EXPECT_FALSE(response.head.contains("Vary"));
  EXPECT_FALSE(response.head.contains("Cache-Control"));
  EXPECT_EQ(response.framing.kind, http::Framing::Kind::kKnown);
  EXPECT_EQ(response.framing.content_length, 7U);
  EXPECT_EQ(content(response.body), "body {}");
}

TEST_F(StaticResponseTest, SendsNoBodyForHead) {
  const StaticResponse get = respond("GET");
  const StaticResponse head = respond("HEAD");
  EXPECT_EQ(head.head.status, 200);
  EXPECT_EQ(head.head.text, get.head.text);
  EXPECT_EQ(head.framing.content_length, 7U);
  EXPECT_TRUE(head.body.empty());
}

TEST_F(StaticResponseTest, SendsAnEmptyFile) {
  const StaticResponse response = respond("GET", {}, "/empty.txt");
  EXPECT_EQ(response.head.status, 200);
  EXPECT_EQ(response.framing.content_length, 0U);
  EXPECT_TRUE(response.body.empty());
}

TEST_F(StaticResponseTest, RefusesOtherMethods) {
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "TRACE", "get", "X"}) {
    const StaticResponse response = respond(method, {{"If-None-Match", "*"}});
    EXPECT_EQ(response.head.status, 405) << method;
    EXPECT_EQ(response.head.find("Allow"), "GET, HEAD, OPTIONS");
    EXPECT_FALSE(response.head.contains("ETag"));
    EXPECT_EQ(response.framing.content_length, 0U);
    EXPECT_TRUE(response.body.empty());
  }
}

TEST_F(StaticResponseTest, ComparesEntityTags) {
  const auto status = [&](const std::string& value) {
    return respond("GET", {{"If-None-Match", value}}).head.status;
  };
  EXPECT_EQ(status(tag()), 304);
  EXPECT_EQ(status("W/" + tag()), 304);
  EXPECT_EQ(status("*"), 304);
  EXPECT_EQ(status("\"other\", " + tag()), 304);
  EXPECT_EQ(status("\"other\""), 200);
  EXPECT_EQ(status(tag().substr(1)), 200);
  EXPECT_EQ(status(""), 200);
}

TEST_F(StaticResponseTest, TakesEntityTagsInSeveralLines) {
  EXPECT_EQ(respond("GET", {{"if-none-match", "\"a\""}, {"IF-NONE-MATCH", tag()}}).head.status,
            304);
  EXPECT_EQ(respond("GET", {{"If-None-Match", "\"a\""}, {"If-None-Match", "\"b\""}}).head.status,
            200);
}

TEST_F(StaticResponseTest, ComparesDates) {
  const auto status = [&](const std::string& value) {
    return respond("GET", {{"If-Modified-Since", value}}).head.status;
  };
  EXPECT_EQ(status("Sun, 06 Nov 1994 08:49:37 GMT"), 304);
  EXPECT_EQ(status("Sun, 06 Nov 1994 08:49:38 GMT"), 304);
  EXPECT_EQ(status("Sun, 06 Nov 1994 08:49:36 GMT"), 200);
  EXPECT_EQ(status("Sunday, 06-Nov-94 08:49:37 GMT"), 304);
  EXPECT_EQ(status("Sun Nov  6 08:49:37 1994"), 304);
  EXPECT_EQ(status("yesterday"), 200);
  EXPECT_EQ(status("784111777"), 200);
}

TEST_F(StaticResponseTest, PrefersEntityTagsToDates) {
  const std::string date = "Sun, 06 Nov 1994 08:49:37 GMT";
  EXPECT_EQ(
      respond("GET", {{"If-None-Match", "\"other\""}, {"If-Modified-Since", date}}).head.status,
      200);
  EXPECT_EQ(respond("GET", {{"If-None-Match", tag()},
                            {"If-Modified-Since", "Sun, 06 Nov 1990 08:49:37 GMT"}})
                .head.status,
            304);
}

TEST_F(StaticResponseTest, SaysLittleInA304) {
  for (const char* method : {"GET", "HEAD"}) {
    const StaticResponse response = respond(method, {{"If-None-Match", "*"}});
    EXPECT_EQ(response.head.status, 304);
    EXPECT_EQ(response.head.find("ETag"), tag());
    EXPECT_EQ(response.head.fields.size(), 1U);
    EXPECT_TRUE(response.body.empty());
  }
}

TEST_F(StaticResponseTest, DoesNotDateFromTheFuture) {
  tree_.set_modified("a.css", 4'000'000'000);
  const StaticResponse response = respond("GET");
  const std::string_view text = response.head.find("Last-Modified");
  const auto date = http::parse_date(text, kNow);
  ASSERT_TRUE(date) << text;
  EXPECT_LE(*date, std::chrono::seconds(std::time(nullptr)).count());
}

TEST_F(StaticResponseTest, TellsItsMethods) {
  const StaticResponse response = respond("OPTIONS");
  EXPECT_EQ(response.head.status, 204);
  EXPECT_EQ(response.head.find("Allow"), "GET, HEAD, OPTIONS");
  EXPECT_TRUE(response.body.empty());
}

TEST_F(StaticResponseTest, WhatAScriptHandsOutIsAGet) {
  for (const char* method : {"GET", "POST", "DELETE", "X"}) {
    const StaticResponse response = respond(method, {}, "/a.css", FileRequest::kByScript);
    EXPECT_EQ(response.head.status, 200) << method;
    EXPECT_EQ(content(response.body), "body {}");
  }
  EXPECT_TRUE(respond("HEAD", {}, "/a.css", FileRequest::kByScript).body.empty());
  EXPECT_EQ(respond("POST", {{"Range", "bytes=0-1"}}, "/a.css", FileRequest::kByScript).head.status,
            206);
}

TEST_F(StaticResponseTest, SendsRanges) {
  for (const std::uint64_t memory : {std::uint64_t{0}, std::uint64_t{1024}}) {
    memory_file_bytes_ = memory;
    EXPECT_EQ(ask({}), "200 0123456789");
    EXPECT_EQ(ask({{"Range", "bytes=2-4"}}), "206 234");
    EXPECT_EQ(ask({{"Range", "bytes=-2"}}), "206 89");
    EXPECT_EQ(ask({{"Range", "bytes=8-100"}}), "206 89");
    EXPECT_EQ(ask({{"Range", "bytes=10-"}}), "416 ");
    EXPECT_EQ(ask({{"Range", "lines=1-2"}}), "200 0123456789");
    EXPECT_EQ(ask({{"Range", "bytes=0-1"}, {"Range", "bytes=2-3"}}), "200 0123456789");
    EXPECT_EQ(ask({{"Range", "bytes=0-"}}, "/empty.txt"), "200 ");
  }
}

TEST_F(StaticResponseTest, SaysWhichRange) {
  const StaticResponse partial = respond("GET", {{"Range", "bytes=2-4"}}, "/digits.txt");
  EXPECT_EQ(partial.head.find("Content-Range"), "bytes 2-4/10");
  EXPECT_EQ(partial.head.find("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(partial.head.find("ETag"), tag("/digits.txt"));
  EXPECT_EQ(partial.head.find("Last-Modified"), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(partial.framing.content_length, 3U);

  const StaticResponse refused = respond("GET", {{"Range", "bytes=10-"}}, "/digits.txt");
  EXPECT_EQ(refused.head.find("Content-Range"), "bytes */10");
  EXPECT_FALSE(refused.head.contains("ETag"));
  EXPECT_EQ(refused.framing.content_length, 0U);
}

TEST_F(StaticResponseTest, SendsSeveralRanges) {
  for (const std::uint64_t memory : {std::uint64_t{0}, std::uint64_t{1024}}) {
    memory_file_bytes_ = memory;
    const StaticResponse response = respond("GET", {{"Range", "bytes=0-1,8-"}}, "/digits.txt");
    EXPECT_EQ(response.head.status, 206);
    EXPECT_FALSE(response.head.contains("Content-Range"));
    const std::string type(response.head.find("Content-Type"));
    ASSERT_TRUE(type.starts_with("multipart/byteranges; boundary=")) << type;
    const std::string boundary = type.substr(type.find('=') + 1);
    EXPECT_EQ(boundary.size(), 20U);
    const std::string part = "\r\n--" + boundary +
                             "\r\nContent-Type: text/plain; charset=utf-8"
                             "\r\nContent-Range: bytes ";
    EXPECT_EQ(content(response.body),
              part + "0-1/10\r\n\r\n01" + part + "8-9/10\r\n\r\n89\r\n--" + boundary + "--\r\n");
    EXPECT_EQ(response.framing.content_length, response.body.size());
    const StaticResponse other = respond("GET", {{"Range", "bytes=0-1,8-"}}, "/digits.txt");
    EXPECT_NE(other.head.find("Content-Type"), type);
  }
}

TEST_F(StaticResponseTest, IgnoresRangeWithoutGet) {
  EXPECT_EQ(respond("HEAD", {{"Range", "bytes=2-4"}}, "/digits.txt").head.status, 200);
  EXPECT_EQ(respond("HEAD", {{"Range", "bytes=90-"}}, "/digits.txt").head.status, 200);
}

TEST_F(StaticResponseTest, HeedsIfRange) {
  const auto with = [&](const std::string& value) {
    return ask({{"Range", "bytes=2-4"}, {"If-Range", value}});
  };
  const std::string etag = tag("/digits.txt");
  EXPECT_EQ(with(etag), "206 234");
  EXPECT_EQ(with("W/" + etag), "200 0123456789");
  EXPECT_EQ(with("\"other\""), "200 0123456789");
  EXPECT_EQ(with("*"), "200 0123456789");
  EXPECT_EQ(with(""), "200 0123456789");
  EXPECT_EQ(with("Sun, 06 Nov 1994 08:49:37 GMT"), "206 234");
  EXPECT_EQ(with("Sun, 06 Nov 1994 08:49:38 GMT"), "200 0123456789");
  EXPECT_EQ(with("Sun, 06 Nov 1994 08:49:36 GMT"), "200 0123456789");
  // Without Range it has no effect.
  EXPECT_EQ(ask({{"If-Range", etag}}), "200 0123456789");
}

TEST_F(StaticResponseTest, ComparesBeforeItCuts) {
  const std::string etag = tag("/digits.txt");
  EXPECT_EQ(ask({{"Range", "bytes=2-4"}, {"If-None-Match", etag}}), "304 ");
  EXPECT_EQ(ask({{"Range", "bytes=2-4"}, {"If-Match", "\"other\""}}), "412 ");
  EXPECT_EQ(ask({{"Range", "bytes=90-"}, {"If-None-Match", etag}}), "304 ");
}

TEST_F(StaticResponseTest, HeedsIfMatch) {
  const std::string etag = tag("/digits.txt");
  EXPECT_EQ(ask({{"If-Match", etag}}), "200 0123456789");
  EXPECT_EQ(ask({{"If-Match", "*"}}), "200 0123456789");
  EXPECT_EQ(ask({{"If-Match", "\"a\", " + etag}}), "200 0123456789");
  EXPECT_EQ(ask({{"If-Match", "W/" + etag}}), "412 ");
  EXPECT_EQ(ask({{"If-Match", "\"other\""}}), "412 ");
  EXPECT_EQ(ask({{"If-Match", ""}}), "412 ");
}

TEST_F(StaticResponseTest, HeedsIfUnmodifiedSince) {
  const auto since = [&](const std::string& value) {
    return ask({{"If-Unmodified-Since", value}});
  };
  EXPECT_EQ(since("Sun, 06 Nov 1994 08:49:37 GMT"), "200 0123456789");
  EXPECT_EQ(since("Sun, 06 Nov 1994 08:49:38 GMT"), "200 0123456789");
  EXPECT_EQ(since("Sun, 06 Nov 1994 08:49:36 GMT"), "412 ");
  EXPECT_EQ(since("never"), "200 0123456789");
  // If-Match takes precedence.
  EXPECT_EQ(ask({{"If-Match", "*"}, {"If-Unmodified-Since", "Sun, 06 Nov 1990 08:49:36 GMT"}}),
            "200 0123456789");
}

TEST_F(StaticResponseTest, SendsPrecompressedSiblings) {
  tree_.write("a.css.gz", "as gzip");
  tree_.write("a.css.br", "as brotli");
  tree_.write("a.css.zst", "as zstd");
  const auto with = [&](const std::string& value) {
    return ask({{"Accept-Encoding", value}}, "/a.css");
  };
  EXPECT_EQ(with("gzip"), "200 as gzip");
  EXPECT_EQ(with("gzip, br"), "200 as brotli");
  EXPECT_EQ(with("gzip, zstd"), "200 as zstd");
  EXPECT_EQ(with("gzip;q=0.5, br;q=0.4"), "200 as gzip");
  EXPECT_EQ(with("identity"), "200 body {}");
  EXPECT_EQ(with("gzip;q=0"), "200 body {}");
  EXPECT_EQ(ask({}, "/a.css"), "200 body {}");

  const StaticResponse zipped = respond("GET", {{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(zipped.head.find("Content-Encoding"), "gzip");
  EXPECT_EQ(zipped.head.find("Content-Type"), "text/css; charset=utf-8");
  EXPECT_EQ(zipped.head.find("Vary"), "Accept-Encoding");
  EXPECT_EQ(zipped.head.find("Last-Modified"), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_NE(zipped.head.find("ETag"), tag());
  const StaticResponse plain = respond("GET");
  EXPECT_EQ(plain.head.find("Vary"), "Accept-Encoding");
  EXPECT_FALSE(plain.head.contains("Content-Encoding"));

  // Each coding has its own validators; ranges are of the coding that is sent.
  const std::string zipped_tag(zipped.head.find("ETag"));
  EXPECT_EQ(ask({{"Accept-Encoding", "gzip"}, {"If-None-Match", zipped_tag}}, "/a.css"), "304 ");
  EXPECT_EQ(ask({{"If-None-Match", zipped_tag}}, "/a.css"), "200 body {}");
  EXPECT_EQ(ask({{"Accept-Encoding", "gzip"}, {"Range", "bytes=3-"}}, "/a.css"), "206 gzip");
  // Requested by its own name, it is a file like any other.
  EXPECT_EQ(respond("GET", {}, "/a.css.gz").head.find("Content-Type"), "application/gzip");
  EXPECT_FALSE(respond("GET", {}, "/a.css.gz").head.contains("Content-Encoding"));
}

TEST_F(StaticResponseTest, VaryIsInA304Too) {
  tree_.write("a.css.gz", "as gzip");
  const StaticResponse response = respond("GET", {{"If-None-Match", "*"}});
  EXPECT_EQ(response.head.status, 304);
  EXPECT_EQ(response.head.find("Vary"), "Accept-Encoding");
}

TEST(EntityTag, ChangesWithTheFile) {
  const FileInfo info{.size_bytes = 1000, .modified_ns = 5, .inode = 7, .device = 1};
  const std::string tag = entity_tag(info);
  EXPECT_TRUE(http::is_entity_tag(tag));
  EXPECT_FALSE(tag.starts_with("W/"));
  for (auto change : std::vector<void (*)(FileInfo&)>{
           [](FileInfo& i) { ++i.size_bytes; }, [](FileInfo& i) { ++i.modified_ns; },
           [](FileInfo& i) { ++i.inode; }, [](FileInfo& i) { i.modified_ns = -5; }}) {
    FileInfo other = info;
    change(other);
    EXPECT_NE(entity_tag(other), tag);
    EXPECT_TRUE(http::is_entity_tag(entity_tag(other)));
  }
}

}  // namespace
}  // namespace tusk::files
