#include "http/h1/request_parser.h"

#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace tusk::http::h1 {
namespace {

using Event = RequestParser::Event;

void describe_head(const RequestHead& head, std::string& out) {
  constexpr const char* kVersions[] = {"1.0", "1.1", "2"};
  out.append(head.view(head.method)).append(" ").append(head.view(head.target));
  out.append(" v").append(kVersions[static_cast<int>(head.version)]);
  out.append(" path=").append(head.view(head.path));
  if (head.has_query) out.append(" query=").append(head.view(head.query));
  out.append(" authority=").append(head.view(head.authority));
  if (head.keep_alive) out.append(" keep");
  if (head.expect_continue) out.append(" expect");
  if (head.chunked) out.append(" chunked");
  if (head.content_length) out.append(" length=").append(std::to_string(*head.content_length));
  out.append("\n");
  for (const HeaderField& field : head.fields) {
    out.append("  ").append(head.view(field.name)).append("=[");
    out.append(head.view(field.value)).append("]\n");
  }
}

// Everything that a parser reports for a byte stream that arrives in pieces of `piece` bytes, the
// first one of `first` bytes. Pieces of a body are joined, since their ends are not part of the
// contract. The input buffer is overwritten after each call, so that a view kept into it shows.
std::string events_of(std::string_view stream, std::size_t first, std::size_t piece,
                      ParserLimits limits = {}) {
  RequestParser parser(limits);
  std::string log;
  std::string body;
  std::size_t at = 0;
  std::size_t available = std::min(first, stream.size());
  for (int guard = 0; guard < 1'000'000; ++guard) {
    const std::size_t size = available - at;
    auto buffer =
        std::make_unique<char[]>(size + 1);  // exact, so that the sanitizer sees overreads
    std::memcpy(buffer.get(), stream.data() + at, size);
    const auto step = parser.parse({buffer.get(), size});
    EXPECT_LE(step.consumed, size);
    at += step.consumed;
    switch (step.event) {
      case Event::kNeedMore:
        EXPECT_EQ(at, available);
        if (available == stream.size()) return log + (parser.idle() ? "idle" : "more");
        available = std::min(available + piece, stream.size());
        break;
      case Event::kHead:
        std::memset(buffer.get(), 'x', size);
        describe_head(parser.head(), log);
        break;
      case Event::kBody:
        EXPECT_FALSE(step.body.empty());
        body.append(step.body);
        break;
      case Event::kComplete:
        log.append("body[").append(body).append("]\n");
        body.clear();
        break;
      case Event::kError:
        return log + "error " + std::to_string(parser.error_status());
    }
  }
  ADD_FAILURE() << "does not end";
  return log;
}

std::string events_of(std::string_view stream, ParserLimits limits = {}) {
  return events_of(stream, stream.size(), 1, limits);
}

struct Valid {
  const char* name;
  std::string_view stream;
  std::string_view events;
};

const Valid kValid[] = {
    {"simplest", "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
     "GET / v1.1 path=/ authority=a keep\n  Host=[a]\nbody[]\nidle"},
    {"values are trimmed, case is kept",
     "GET /x?a=1&b HTTP/1.1\r\nhOsT:\t a.example:8080 \t\r\nEmpty:\r\nX-1: a  b\r\n\r\n",
     "GET /x?a=1&b v1.1 path=/x query=a=1&b authority=a.example:8080 keep\n"
     "  hOsT=[a.example:8080]\n  Empty=[]\n  X-1=[a  b]\nbody[]\nidle"},
    {"empty query", "GET /? HTTP/1.1\r\nHost: a\r\n\r\n",
     "GET /? v1.1 path=/ query= authority=a keep\n  Host=[a]\nbody[]\nidle"},
    {"sized body", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
     "POST / v1.1 path=/ authority=a keep length=5\n  Host=[a]\n  Content-Length=[5]\n"
     "body[hello]\nidle"},
    {"length zero", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
     "POST / v1.1 path=/ authority=a keep length=0\n  Host=[a]\n  Content-Length=[0]\n"
     "body[]\nidle"},
    {"leading zeros and trailing space in length",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0003 \r\n\r\nabc",
     "POST / v1.1 path=/ authority=a keep length=3\n  Host=[a]\n  Content-Length=[0003]\n"
     "body[abc]\nidle"},
    {"chunked body, extensions and trailers dropped",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
     "3\r\nabc\r\n00A;x=1;y=\"q \\\" r\";z\r\n0123456789\r\n0;last\r\nX: y\r\nHost: evil\r\n\r\n",
     "POST / v1.1 path=/ authority=a keep chunked\n  Host=[a]\n  Transfer-Encoding=[Chunked]\n"
     "body[abc0123456789]\nidle"},
    {"blanks around the marks of extensions",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
     "3 ;x\r\nabc\r\n1; \ty = 1 ;z= \"q r\" ; w\r\nd\r\n0\t; last\r\nX: y\r\n\r\n",
     "POST / v1.1 path=/ authority=a keep chunked\n  Host=[a]\n  Transfer-Encoding=[chunked]\n"
     "body[abcd]\nidle"},
    {"trailers that may be none (RFC 9110 6.5.1)",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
     "1\r\na\r\n0\r\nContent-Length: 5\r\ncontent-length: x\r\nTransfer-Encoding: gzip\r\n"
     "Connection: close\r\nExpect: x\r\nE:\r\nCookie: \xff=\t1 \r\n\r\n"
     "GET / HTTP/1.1\r\nHost: b\r\n\r\n",
     "POST / v1.1 path=/ authority=a keep chunked\n  Host=[a]\n  Transfer-Encoding=[chunked]\n"
     "body[a]\nGET / v1.1 path=/ authority=b keep\n  Host=[b]\nbody[]\nidle"},
    {"chunked and empty",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     "POST / v1.1 path=/ authority=a keep chunked\n  Host=[a]\n  Transfer-Encoding=[chunked]\n"
     "body[]\nidle"},
    {"GET with body (RFC 9110 9.3.1)", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nz",
     "GET / v1.1 path=/ authority=a keep length=1\n  Host=[a]\n  Content-Length=[1]\n"
     "body[z]\nidle"},
    {"close", "GET / HTTP/1.1\r\nHost: a\r\nConnection: foo, Close\r\n\r\n",
     "GET / v1.1 path=/ authority=a\n  Host=[a]\n  Connection=[foo, Close]\nbody[]\nidle"},
    {"close in one of several lines",
     "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nConnection: keep-alive\r\n\r\n",
     "GET / v1.1 path=/ authority=a\n  Host=[a]\n  Connection=[close]\n"
     "  Connection=[keep-alive]\nbody[]\nidle"},
    {"1.0", "GET / HTTP/1.0\r\n\r\n", "GET / v1.0 path=/ authority=\nbody[]\nidle"},
    {"1.0 keep-alive, expectation ignored",
     "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\nExpect: 100-continue\r\n\r\n",
     "GET / v1.0 path=/ authority= keep\n  Connection=[Keep-Alive]\n  Expect=[100-continue]\n"
     "body[]\nidle"},
    {"expectation",
     "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\nx",
     "PUT / v1.1 path=/ authority=a keep expect length=1\n  Host=[a]\n  Expect=[100-Continue]\n"
     "  Content-Length=[1]\nbody[x]\nidle"},
    {"absolute-form wins over Host (RFC 9112 3.2.2)",
     "GET http://b.example:81/p?q HTTP/1.1\r\nHost: a\r\n\r\n",
     "GET http://b.example:81/p?q v1.1 path=/p query=q authority=b.example:81 keep\n"
     "  Host=[b.example:81]\nbody[]\nidle"},
    {"absolute-form without path", "GET HTTPS://b?q HTTP/1.1\r\nHost: b\r\n\r\n",
     "GET HTTPS://b?q v1.1 path=/ query=q authority=b keep\n  Host=[b]\nbody[]\nidle"},
    {"OPTIONS in absolute-form", "OPTIONS http://b HTTP/1.1\r\nHost: b\r\n\r\n",
     "OPTIONS http://b v1.1 path=* authority=b keep\n  Host=[b]\nbody[]\nidle"},
    {"OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
     "OPTIONS * v1.1 path=* authority=a keep\n  Host=[a]\nbody[]\nidle"},
    {"any method", "X!brew-2 /pot HTTP/1.1\r\nHost: a\r\n\r\n",
     "X!brew-2 /pot v1.1 path=/pot authority=a keep\n  Host=[a]\nbody[]\nidle"},
    {"TRACE is for others to refuse", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n",
     "TRACE / v1.1 path=/ authority=a keep\n  Host=[a]\nbody[]\nidle"},
    {"SOURCE, which llhttp knows as ICE's", "SOURCE / HTTP/1.1\r\nHost: a\r\n\r\n",
     "SOURCE / v1.1 path=/ authority=a keep\n  Host=[a]\nbody[]\nidle"},
    {"Upgrade is ignored",
     "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
     "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n",
     "GET / v1.1 path=/ authority=a keep\n  Host=[a]\n  Connection=[Upgrade]\n  Upgrade=[h2c]\n"
     "body[]\nGET /2 v1.1 path=/2 authority=a keep\n  Host=[a]\nbody[]\nidle"},
    {"Upgrade with a chunked body is ignored",
     "POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
     "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n",
     "POST / v1.1 path=/ authority=a keep chunked\n  Host=[a]\n  Connection=[Upgrade]\n"
     "  Upgrade=[h2c]\n  Transfer-Encoding=[chunked]\nbody[x]\n"
     "GET /2 v1.1 path=/2 authority=a keep\n  Host=[a]\nbody[]\nidle"},
    {"IPv6 host", "GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n",
     "GET / v1.1 path=/ authority=[::1]:8080 keep\n  Host=[[::1]:8080]\nbody[]\nidle"},
    {"bytes of other alphabets", "GET /\xc3\xa9?\xff HTTP/1.1\r\nHost: a\r\nX: \xe9\x80\r\n\r\n",
     "GET /\xc3\xa9?\xff v1.1 path=/\xc3\xa9 query=\xff authority=a keep\n  Host=[a]\n"
     "  X=[\xe9\x80]\nbody[]\nidle"},
    {"blank lines first", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n\r\n",
     "GET / v1.1 path=/ authority=a keep\n  Host=[a]\nbody[]\nidle"},
    {"names that only begin like others",
     "GET / HTTP/1.1\r\nHost: a\r\nContent-Lengthy: 7\r\nTransfer-Encodings: x\r\n"
     "Content-Lengt: 9\r\n\r\n",
     "GET / v1.1 path=/ authority=a keep\n  Host=[a]\n  Content-Lengthy=[7]\n"
     "  Transfer-Encodings=[x]\n  Content-Lengt=[9]\nbody[]\nidle"},
    {"three pipelined",
     "POST /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"
     "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nGET\r\n"
     "GET /3 HTTP/1.1\r\nHost: a\r\n\r\n",
     "POST /1 v1.1 path=/1 authority=a keep chunked\n  Host=[a]\n  Transfer-Encoding=[chunked]\n"
     "body[ab]\nPOST /2 v1.1 path=/2 authority=a keep length=3\n  Host=[a]\n"
     "  Content-Length=[3]\nbody[GET]\nGET /3 v1.1 path=/3 authority=a keep\n  Host=[a]\n"
     "body[]\nidle"},
    {"nothing", "", "idle"},
    {"half a line", "GET /", "more"},
    {"half a head", "GET / HTTP/1.1\r\nHost: a\r\n", "more"},
    {"half a body", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx",
     "GET / v1.1 path=/ authority=a keep length=2\n  Host=[a]\n  Content-Length=[2]\nmore"},
};

TEST(RequestParser, ReadsValidStreams) {
  for (const Valid& sample : kValid) {
    EXPECT_EQ(events_of(sample.stream), sample.events) << sample.name;
  }
}

TEST(RequestParser, SplitsChangeNothing) {
  for (const Valid& sample : kValid) {
    for (std::size_t at = 0; at <= sample.stream.size(); ++at) {
      ASSERT_EQ(events_of(sample.stream, at, sample.stream.size()), sample.events)
          << sample.name << " at " << at;
    }
    EXPECT_EQ(events_of(sample.stream, 1, 1), sample.events) << sample.name << " by bytes";
    EXPECT_EQ(events_of(sample.stream, 3, 3), sample.events) << sample.name << " by threes";
  }
}

TEST(RequestParser, StopsAtTheEndOfEachMessage) {
  RequestParser parser({});
  const std::string one = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string three = one + one + one;
  std::string_view rest = three;
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(parser.idle());
    auto step = parser.parse(rest);
    EXPECT_EQ(step.event, Event::kHead);
    EXPECT_EQ(step.consumed, one.size());
    EXPECT_FALSE(parser.idle());
    rest.remove_prefix(step.consumed);
    step = parser.parse({});  // an empty input is enough
    EXPECT_EQ(step.event, Event::kComplete);
    EXPECT_EQ(step.consumed, 0U);
    EXPECT_EQ(parser.head().view(parser.head().path), "/");  // still there
  }
  EXPECT_TRUE(rest.empty());
  EXPECT_EQ(parser.parse({}).event, Event::kNeedMore);
}

TEST(RequestParser, HeadCanBeTakenAndReplaced) {
  RequestParser parser({});
  RequestHead mine;
  mine.text = "rubbish";
  mine.fields.resize(7);
  mine.chunked = true;
  mine.content_length = 9;
  const std::string_view stream =
      "POST /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nT: u\r\n\r\n"
      "GET /2 HTTP/1.0\r\n\r\n";
  auto step = parser.parse(stream);
  ASSERT_EQ(step.event, Event::kHead);
  std::size_t at = step.consumed;
  std::swap(mine, parser.head());
  EXPECT_EQ(mine.find("host"), "a");
  step = parser.parse(stream.substr(at));
  ASSERT_EQ(step.event, Event::kBody);
  at += step.consumed;
  step = parser.parse(stream.substr(at));
  ASSERT_EQ(step.event, Event::kComplete);
  at += step.consumed;
  step = parser.parse(stream.substr(at));
  ASSERT_EQ(step.event, Event::kHead);
  EXPECT_EQ(parser.head().view(parser.head().target), "/2");
  EXPECT_TRUE(parser.head().fields.empty());
  EXPECT_FALSE(parser.head().has_body());
  EXPECT_EQ(mine.view(mine.target), "/1");
}

TEST(RequestParser, BlankLinesLeaveItIdle) {
  RequestParser parser({});
  EXPECT_EQ(parser.parse("\r\n\r").event, Event::kNeedMore);
  EXPECT_TRUE(parser.idle());
  EXPECT_EQ(parser.parse("\nG").event, Event::kNeedMore);
  EXPECT_FALSE(parser.idle());
}

TEST(RequestParser, SaysAnErrorAgainUntilReset) {
  RequestParser parser({});
  EXPECT_EQ(parser.parse("GET /\r\n").event, Event::kError);
  EXPECT_EQ(parser.error_status(), 400);
  EXPECT_FALSE(parser.error_reason().empty());
  EXPECT_EQ(parser.parse("GET / HTTP/1.1\r\n").event, Event::kError);
  EXPECT_EQ(parser.parse({}).event, Event::kError);
  parser.reset();
  EXPECT_TRUE(parser.idle());
  EXPECT_EQ(parser.parse("GET / HTTP/1.1\r\nHost: a\r\n\r\n").event, Event::kHead);
}

// A limit holds exactly, however the bytes arrive.
void expect_limit(const std::string& within, const std::string& beyond, ParserLimits limits,
                  const std::string& error) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{1'000'000}}) {
    EXPECT_EQ(events_of(within, piece, piece, limits).find("error"), std::string::npos) << error;
    const std::string events = events_of(beyond, piece, piece, limits);
    EXPECT_TRUE(events.ends_with("error " + error)) << error << ": " << events;
  }
}

TEST(RequestParser, KeepsLimits) {
  ParserLimits limits;
  limits.head_bytes = 200;
  limits.target_bytes = 50;
  limits.header_count = 3;
  limits.trailer_bytes = 40;
  const auto target = [](std::size_t bytes) {
    return "GET /" + std::string(bytes - 1, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  };
  expect_limit(target(50), target(51), limits, "414");
  expect_limit(target(50), target(5000), limits, "414");
  expect_limit(target(50), "GET /" + std::string(5000, 'a'), limits, "414");
  const auto method = [](std::size_t bytes) {
    return std::string(bytes, 'M') + " / HTTP/1.1\r\nHost: a\r\n\r\n";
  };
  expect_limit(method(32), method(33), limits, "501");
  expect_limit(method(32), method(5000), limits, "501");
  const auto head = [](std::size_t bytes) {
    const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    return start + std::string(bytes - start.size() - 4, 'x') + "\r\n\r\n";
  };
  expect_limit(head(200), head(201), limits, "431");
  expect_limit(head(200), head(5000), limits, "431");
  const std::string fields = "GET / HTTP/1.1\r\nHost: a\r\nA: b\r\nA: b\r\n";
  expect_limit(fields + "\r\n", fields + "A: b\r\n\r\n", limits, "431");
  const std::string chunked =
      "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
  const auto trailers = [&](std::size_t bytes) {
    return chunked + "X: " + std::string(bytes - 7, 'x') + "\r\n\r\n";
  };
  expect_limit(trailers(40), trailers(41), limits, "431");
  expect_limit(trailers(40), trailers(5000), limits, "431");
  expect_limit(chunked + "A:b\r\nA:b\r\nA:b\r\n\r\n", chunked + "A:b\r\nA:b\r\nA:b\r\nA:b\r\n\r\n",
               limits, "431");
}

TEST(RequestParser, KeepsChunkFramingInProportion) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string end = "0\r\n\r\n";
  const auto many = [&](const std::string& chunk, int count) {
    std::string stream = head;
    for (int i = 0; i < count; ++i) stream += chunk;
    return stream + end;
  };
  const std::string line = "1;" + std::string(1000, 'x') + "\r\nz\r\n";
  const std::string long_line = "1;" + std::string(1100, 'x') + "\r\nz\r\n";
  expect_limit(many(line, 16), many(line, 18), {}, "400");
  expect_limit(many(line, 1), many(long_line, 1), {}, "400");
  expect_limit(many("1\r\nx\r\n", 20'000), head + std::string(2000, '0'), {}, "400");
}

TEST(RequestParser, WarmHeadsAllocateNothing) {
  RequestParser parser({});
  const std::string_view stream = "GET /a HTTP/1.1\r\nHost: a\r\nA: b\r\nC: d\r\n\r\n";
  ASSERT_EQ(parser.parse(stream).event, Event::kHead);
  ASSERT_EQ(parser.parse({}).event, Event::kComplete);
  const char* text = parser.head().text.data();
  const HeaderField* fields = parser.head().fields.data();
  ASSERT_EQ(parser.parse(stream).event, Event::kHead);
  EXPECT_EQ(parser.head().text.data(), text);
  EXPECT_EQ(parser.head().fields.data(), fields);
}

}  // namespace
}  // namespace tusk::http::h1
