#include "files/listing_page.h"

#include <cstdint>
#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace tusk::files {
namespace {

TEST(ListingPage, EscapesThePage) {
  DirectoryListing listing;
  listing.entries.push_back({.name = "<script>\"&'.txt", .size_bytes = 3});
  listing.entries.push_back({.name = "javascript:alert(1)", .is_directory = true});
  const std::string page = listing_as_html("/<b>/", listing);
  EXPECT_EQ(page.find("<script>"), std::string::npos);
  EXPECT_EQ(page.find("<b>"), std::string::npos);
  EXPECT_NE(page.find("href=\"%3Cscript%3E%22%26%27.txt\""), std::string::npos) << page;
  EXPECT_NE(page.find("&lt;script&gt;&quot;&amp;&#39;.txt"), std::string::npos) << page;
  EXPECT_NE(page.find("href=\"javascript%3Aalert%281%29/\""), std::string::npos) << page;
  EXPECT_NE(page.find("href=\"../\""), std::string::npos);
  EXPECT_EQ(listing_as_html("/", listing).find("href=\"../\""), std::string::npos);
}

TEST(ListingPage, WritesJson) {
  DirectoryListing listing;
  EXPECT_EQ(listing_as_json(listing), "[\n]\n");
  listing.entries.push_back({.name = "d\"\\\n\xc3\xa4\xff\xed\xa0\x80", .is_directory = true});
  listing.entries.push_back({.name = "a", .size_bytes = 3, .modified_seconds = 784'111'777});
  EXPECT_EQ(listing_as_json(listing),
            "[\n{\"name\":\"d\\\"\\\\\\u000a\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf"
            "\xbd\",\"type\":\"directory\",\"mtime\":\"1970-01-01T00:00:00Z\"},\n"
            "{\"name\":\"a\",\"type\":\"file\",\"mtime\":\"1994-11-06T08:49:37Z\","
            "\"size\":3}\n]\n");
}

TEST(ListingPage, ShowsSizesAndDatesForPeopleAndInFull) {
  DirectoryListing listing;
  listing.entries.push_back({.name = "d", .is_directory = true});
  listing.entries.push_back({.name = "a", .size_bytes = 1'434, .modified_seconds = 784'111'777});
  const std::string page = listing_as_html("/", listing);
  EXPECT_NE(page.find("<td class=\"size\" title=\"1434 bytes\">1.4 KiB</td>"), std::string::npos)
      << page;
  EXPECT_NE(page.find("<time datetime=\"1994-11-06T08:49:37Z\" title=\"1994-11-06 08:49:37 UTC\">"
                      "1994-11-06 08:49</time>"),
            std::string::npos)
      << page;
  EXPECT_NE(page.find("<td class=\"size\"></td>"), std::string::npos) << "a directory has no size";
}

TEST(ListingPage, DatesOfAnyFileSystemCanBeWritten) {
  const auto date = [](std::int64_t seconds) {
    DirectoryListing listing;
    listing.entries.push_back({.name = "a", .modified_seconds = seconds});
    const std::string json = listing_as_json(listing);
    return json.substr(json.find("mtime") + 8, 20);
  };
  EXPECT_EQ(date(-1), "1969-12-31T23:59:59Z");
  EXPECT_EQ(date(951'782'400), "2000-02-29T00:00:00Z");
  EXPECT_EQ(date(std::numeric_limits<std::int64_t>::max()), "9999-12-31T23:59:59Z");
  EXPECT_EQ(date(std::numeric_limits<std::int64_t>::min()), "0001-01-01T00:00:00Z");
}

TEST(ListingPage, HeadingsSort) {
  using Key = ListingSort::Key;
  const std::string by_name = listing_as_html("/", {});
  EXPECT_NE(by_name.find("<th aria-sort=\"ascending\"><a rel=\"nofollow\" "
                         "href=\"?C=N&amp;O=D\">Name</a> ↑</th>"),
            std::string::npos)
      << by_name;
  EXPECT_NE(by_name.find("href=\"?C=S&amp;O=D\">Size</a></th>"), std::string::npos) << by_name;
  EXPECT_NE(by_name.find("href=\"?C=M&amp;O=D\">Modified (UTC)</a></th>"), std::string::npos);
  const std::string by_size = listing_as_html("/", {}, {.key = Key::kSize, .descending = true});
  EXPECT_NE(by_size.find("href=\"./\">Name</a></th>"), std::string::npos) << by_size;
  EXPECT_NE(by_size.find("aria-sort=\"descending\"><a rel=\"nofollow\" "
                         "href=\"?C=S&amp;O=A\">Size</a> ↓</th>"),
            std::string::npos)
      << by_size;
}

TEST(ReadableSize, HasTwoOrThreeDigits) {
  EXPECT_EQ(readable_size(0), "0 B");
  EXPECT_EQ(readable_size(1'023), "1023 B");
  EXPECT_EQ(readable_size(1'024), "1.0 KiB");
  EXPECT_EQ(readable_size(10'188), "9.9 KiB");
  EXPECT_EQ(readable_size(10'189), "10 KiB");
  EXPECT_EQ(readable_size(999 * 1'024), "999 KiB");
  EXPECT_EQ(readable_size(1'023 * 1'024), "1.0 MiB");
  EXPECT_EQ(readable_size(3'400'000), "3.2 MiB");
  EXPECT_EQ(readable_size(std::numeric_limits<std::uint64_t>::max()), "16 EiB");
}

}  // namespace
}  // namespace tusk::files
