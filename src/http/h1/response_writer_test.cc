#include "http/h1/response_writer.h"

#include <initializer_list>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace tusk::http::h1 {
namespace {

ResponseHead make_head(int status,
                       std::initializer_list<std::pair<const char*, const char*>> fields = {}) {
  ResponseHead head;
  head.status = status;
  for (const auto& [name, value] : fields) EXPECT_TRUE(head.add(name, value));
  return head;
}

ResponseContext in(Version version) { return {version, false, true, {}, {}}; }

struct Case {
  const char* name;
  ResponseHead head;
  Framing framing;
  ResponseContext context;
  std::string expected;
  BodyCoding coding;
  std::uint64_t length;
  bool keep_alive;
};

void expect_written(const Case& c) {
  std::string out = "before";
  const WrittenHead written = append_response_head(out, c.head, c.framing, c.context);
  EXPECT_EQ(out, "before" + c.expected) << c.name;
  EXPECT_EQ(written.coding, c.coding) << c.name;
  EXPECT_EQ(written.length, c.length) << c.name;
  EXPECT_EQ(written.keep_alive, c.keep_alive) << c.name;
}

TEST(ResponseWriter, Framing) {
  const ResponseContext v11 = in(Version::kHttp11);
  const ResponseContext v10 = in(Version::kHttp10);
  const ResponseContext closing{Version::kHttp11, false, false, {}, {}};
  const ResponseContext closing10{Version::kHttp10, false, false, {}, {}};
  const Case cases[] = {
      {"known", make_head(200, {{"A", "b"}}), Framing::known(12), v11,
       "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 12\r\n\r\n", BodyCoding::kSized, 12, true},
      {"known, close", make_head(200), Framing::known(0), closing,
       "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", BodyCoding::kSized, 0,
       false},
      {"known, 1.0", make_head(200), Framing::known(1), v10,
       "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n", BodyCoding::kSized,
       1, true},
      {"known, 1.0, close", make_head(200), Framing::known(1), closing10,
       "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\n", BodyCoding::kSized, 1,
       false},
      {"known replaces the script's", make_head(200, {{"content-length", "7"}, {"A", "b"}}),
       Framing::known(1), v11, "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 1\r\n\r\n",
       BodyCoding::kSized, 1, true},
      {"unknown", make_head(200, {{"Content-Length", "7"}}), Framing::unknown(), v11,
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", BodyCoding::kChunked, 0, true},
      {"unknown, 1.0", make_head(200), Framing::unknown(), v10,
       "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", BodyCoding::kUntilClose, 0, false},
      {"declared", make_head(200, {{"Content-Length", "7"}}), Framing::declared(), v11,
       "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", BodyCoding::kSized, 7, true},
      {"declared twice alike", make_head(200, {{"Content-Length", "7"}, {"Content-Length", "7"}}),
       Framing::declared(), v11, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", BodyCoding::kSized,
       7, true},
      {"declared twice", make_head(200, {{"Content-Length", "7"}, {"Content-Length", "8"}}),
       Framing::declared(), v11, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
       BodyCoding::kChunked, 0, true},
      {"declared, no number", make_head(200, {{"Content-Length", "7x"}}), Framing::declared(), v11,
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", BodyCoding::kChunked, 0, true},
      {"declared, negative", make_head(200, {{"Content-Length", "-7"}}), Framing::declared(), v11,
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", BodyCoding::kChunked, 0, true},
      {"declared, too large", make_head(200, {{"Content-Length", "9223372036854775808"}}),
       Framing::declared(), v11, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
       BodyCoding::kChunked, 0, true},
      {"declared, but not there", make_head(200), Framing::declared(), v10,
       "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", BodyCoding::kUntilClose, 0, false},
  };
  for (const Case& c : cases) expect_written(c);
}

TEST(ResponseWriter, BodylessStatusAndHead) {
  const ResponseContext v11 = in(Version::kHttp11);
  const ResponseContext head11{Version::kHttp11, true, true, {}, {}};
  const ResponseContext head10{Version::kHttp10, true, true, {}, {}};
  const ResponseContext rich{Version::kHttp11, false, false, "D", "S"};
  const Case cases[] = {
      {"103", make_head(103, {{"Link", "</a>"}, {"Content-Length", "1"}}), Framing::unknown(), rich,
       "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", BodyCoding::kNone, 0, false},
      {"204", make_head(204, {{"Content-Length", "5"}}), Framing::known(5), v11,
       "HTTP/1.1 204 No Content\r\n\r\n", BodyCoding::kNone, 0, true},
      {"204 of a stream", make_head(204), Framing::unknown(), in(Version::kHttp10),
       "HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n", BodyCoding::kNone, 0, true},
      {"205", make_head(205), Framing::unknown(), v11,
       "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n", BodyCoding::kSized, 0, true},
      {"304", make_head(304, {{"ETag", "\"x\""}, {"Content-Length", "0"}}), Framing::declared(),
       v11, "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n", BodyCoding::kNone, 0, true},
      {"HEAD, known", make_head(200), Framing::known(9), head11,
       "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", BodyCoding::kNone, 0, true},
      {"HEAD, declared", make_head(200, {{"Content-Length", "9"}}), Framing::declared(), head11,
       "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", BodyCoding::kNone, 0, true},
      {"HEAD, unknown", make_head(200), Framing::unknown(), head11, "HTTP/1.1 200 OK\r\n\r\n",
       BodyCoding::kNone, 0, true},
      {"HEAD, unknown, 1.0", make_head(200), Framing::unknown(), head10,
       "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n", BodyCoding::kNone, 0, true},
  };
  for (const Case& c : cases) expect_written(c);
}

TEST(ResponseWriter, DropsWhatBelongsToTheConnection) {
  const ResponseHead head = make_head(200, {{"A", "1"},
                                            {"connection", "upgrade"},
                                            {"KEEP-ALIVE", "timeout=5"},
                                            {"B", "2"},
                                            {"C", "3"},
                                            {"Proxy-Connection", "close"},
                                            {"Transfer-Encoding", "chunked"},
                                            {"TE", "gzip"},
                                            {"Trailer", "X"},
                                            {"Upgrade", "h2c"},
                                            {"Set-Cookie", "a"},
                                            {"Set-Cookie", "b"}});
  expect_written({"hop-by-hop", head, Framing::known(0), in(Version::kHttp11),
                  "HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\nC: 3\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n"
                  "Content-Length: 0\r\n\r\n",
                  BodyCoding::kSized, 0, true});
}

TEST(ResponseWriter, DateAndServer) {
  const ResponseContext context{Version::kHttp11, false, true, "Sun, 06 Nov 1994 08:49:37 GMT",
                                "tusk"};
  expect_written({"added", make_head(200), Framing::known(0), context,
                  "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                  "Server: tusk\r\n\r\n",
                  BodyCoding::kSized, 0, true});
  expect_written({"the script's own win", make_head(200, {{"date", "d"}, {"SERVER", "s"}}),
                  Framing::known(0), context,
                  "HTTP/1.1 200 OK\r\ndate: d\r\nSERVER: s\r\nContent-Length: 0\r\n\r\n",
                  BodyCoding::kSized, 0, true});
}

TEST(ResponseWriter, StatusLine) {
  const auto first_line = [](int status, const char* reason) {
    ResponseHead head = make_head(status);
    head.reason = reason;
    std::string out;
    append_response_head(out, head, Framing::known(0), {});
    return out.substr(0, out.find("\r\n"));
  };
  EXPECT_EQ(first_line(404, ""), "HTTP/1.1 404 Not Found");
  EXPECT_EQ(first_line(404, "Nothing Here"), "HTTP/1.1 404 Nothing Here");
  EXPECT_EQ(first_line(404, "a\r\nX: y"), "HTTP/1.1 404 Not Found");
  EXPECT_EQ(first_line(499, ""), "HTTP/1.1 499 Client Error");
  EXPECT_EQ(first_line(999, ""), "HTTP/1.1 999 Unknown");
  EXPECT_EQ(first_line(42, "Answer"), "HTTP/1.1 500 Internal Server Error");
  EXPECT_EQ(first_line(1000, ""), "HTTP/1.1 500 Internal Server Error");
  EXPECT_EQ(first_line(-1, ""), "HTTP/1.1 500 Internal Server Error");
}

TEST(ResponseWriter, ChunkHeaders) {
  const auto header = [](std::uint64_t size) {
    std::string out;
    append_chunk_header(out, size);
    return out;
  };
  EXPECT_EQ(header(0), "");
  EXPECT_EQ(header(1), "1\r\n");
  EXPECT_EQ(header(500), "1f4\r\n");
  EXPECT_EQ(header(UINT64_MAX), "ffffffffffffffff\r\n");
  EXPECT_EQ(header(UINT64_MAX).size(), kChunkHeaderBytes);
}

}  // namespace
}  // namespace tusk::http::h1
