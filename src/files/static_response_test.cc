#include "files/static_response.h"

#include <string>
#include <utility>
#include <vector>

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
  }

  FoundFile open(std::string_view path) const {
    FoundFile file = root_.open_file(path);
    file.info.modified_ns = kModified * 1'000'000'000 + 123'456'789;
    return file;
  }

  StaticResponse respond(std::string_view method, const Fields& fields = {},
                         std::string_view path = "/a.css") const {
    http::RequestHead request;
    request.method = request.append(method);
    for (const auto& [name, value] : fields) request.add_field(name, value);
    return respond_with_file(request, path, open(path), kNow);
  }

  std::string tag() const { return entity_tag(open("/a.css").info); }

  TempTree tree_;
  DocumentRoot root_ = tree_.open();
};

TEST_F(StaticResponseTest, SendsTheFile) {
  const StaticResponse response = respond("GET");
  EXPECT_EQ(response.head.status, 200);
  EXPECT_EQ(response.head.find("Content-Type"), "text/css; charset=utf-8");
  EXPECT_EQ(response.head.find("Last-Modified"), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(response.head.find("ETag"), tag());
  EXPECT_FALSE(response.head.contains("Accept-Ranges"));
  EXPECT_EQ(response.framing.kind, http::Framing::Kind::known);
  EXPECT_EQ(response.framing.content_length, 7U);
  EXPECT_TRUE(response.body.fd);
  EXPECT_EQ(response.body.offset, 0U);
  EXPECT_EQ(response.body.length, 7U);
}

TEST_F(StaticResponseTest, SendsNoBodyForHead) {
  const StaticResponse get = respond("GET");
  const StaticResponse head = respond("HEAD");
  EXPECT_EQ(head.head.status, 200);
  EXPECT_EQ(head.head.text, get.head.text);
  EXPECT_EQ(head.framing.content_length, 7U);
  EXPECT_FALSE(head.body.fd);
  EXPECT_EQ(head.body.length, 0U);
}

TEST_F(StaticResponseTest, SendsAnEmptyFile) {
  const StaticResponse response = respond("GET", {}, "/empty.txt");
  EXPECT_EQ(response.head.status, 200);
  EXPECT_EQ(response.framing.content_length, 0U);
  EXPECT_FALSE(response.body.fd);
}

TEST_F(StaticResponseTest, RefusesOtherMethods) {
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", "X"}) {
    const StaticResponse response = respond(method, {{"If-None-Match", "*"}});
    EXPECT_EQ(response.head.status, 405) << method;
    EXPECT_EQ(response.head.find("Allow"), "GET, HEAD");
    EXPECT_FALSE(response.head.contains("ETag"));
    EXPECT_EQ(response.framing.content_length, 0U);
    EXPECT_FALSE(response.body.fd);
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
    EXPECT_FALSE(response.body.fd);
  }
}

TEST_F(StaticResponseTest, DoesNotDateFromTheFuture) {
  http::RequestHead request;
  request.method = request.append("GET");
  FoundFile file = root_.open_file("/a.css");
  file.info.modified_ns = (kNow + 1000) * 1'000'000'000;
  const StaticResponse response = respond_with_file(request, "/a.css", std::move(file), kNow);
  EXPECT_EQ(response.head.find("Last-Modified"), "Fri, 15 Jan 2027 08:00:00 GMT");
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
