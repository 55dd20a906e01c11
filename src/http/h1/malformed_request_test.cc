// Requests that must be refused, each with the section that says so (RFC 9112 if no other is
// named).
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "http/h1/request_parser.h"

namespace tusk::http::h1 {
namespace {

using namespace std::string_view_literals;
using Event = RequestParser::Event;

// The status with which the stream is refused when it arrives in pieces of that size; 0: accepted.
int refusal(std::string_view stream, std::size_t piece) {
  RequestParser parser({});
  std::size_t at = 0;
  for (;;) {
    const std::string input(stream.substr(at, piece));
    const auto step = parser.parse(input);
    at += step.consumed;
    if (step.event == Event::kError) return parser.error_status();
    if (step.event == Event::kNeedMore && at == stream.size()) return 0;
  }
}

struct Malformed {
  const char* section;
  std::string_view stream;
  int status;
};

void expect_refused(const Malformed& sample) {
  EXPECT_EQ(refusal(sample.stream, sample.stream.size()), sample.status)
      << sample.section << ": " << sample.stream;
  for (std::size_t piece = 1; piece < 8; ++piece) {
    EXPECT_EQ(refusal(sample.stream, piece), sample.status)
        << sample.section << " by " << piece << ": " << sample.stream;
  }
}

const Malformed kRequestLines[] = {
    {"2.2 bare LF", "GET / HTTP/1.1\nHost: a\n\n"sv, 400},
    {"2.2 bare CR", "GET / HTTP/1.1\rHost: a\r\r"sv, 0},  // the line has not ended yet
    {"2.2 bare CR inside", "GET / HTTP/1.1\r \r\nHost: a\r\n\r\n"sv, 400},
    {"2.2 CR CR LF", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n"sv, 400},
    {"2.2 bare LF before it", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"2.2 bare CR before it", "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"2.2 endless blank lines", "\r\n\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"2.2 whitespace before it", " GET / HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"2.2 whitespace after it", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"sv, 400},
    {"2.3 trailing space", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"sv, 400},
    {"3 two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"3 two spaces later", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"3 tabs", "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"3 space in target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"3 no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"3 no version (HTTP/0.9)", "GET /\r\n\r\n"sv, 400},
    {"3 method alone", "GET\r\n\r\n"sv, 400},
    {"3.1 method is not a token", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"3.1 method is not a token", "G\xc3\x89T / HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"3.1 no method", "/ HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"TLS on a plain port", "\x16\x03\x01\x02\x00\x01"sv, 400},
    {"2.3 version", "GET / HTTP/2.0\r\nHost: a\r\n\r\n"sv, 505},
    {"2.3 version", "GET / HTTP/1.2\r\nHost: a\r\n\r\n"sv, 505},
    {"2.3 version", "GET / HTTP/0.9\r\nHost: a\r\n\r\n"sv, 505},
    {"2.3 version", "GET / HTTP/9.9\r\nHost: a\r\n\r\n"sv, 505},
    {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"sv, 505},
    {"2.3 version malformed", "GET / HTTP/1.10\r\nHost: a\r\n\r\n"sv, 400},
    {"2.3 version malformed", "GET / HTTP/1\r\nHost: a\r\n\r\n"sv, 400},
    {"2.3 version malformed", "GET / HTTP/11\r\nHost: a\r\n\r\n"sv, 400},
    {"2.3 version malformed", "GET / http/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"2.3 version malformed", "GET / HTTPS/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"2.3 version malformed", "GET / ICE/1.0\r\nHost: a\r\n\r\n"sv, 400},
    {"3.2 NUL in target", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"3.2 control in target", "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"3.2 DEL in target", "GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"3.2 fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"3.2.1 no leading slash", "GET a HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"3.2.1 no leading slash", "GET ?a HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"3.2.1 no leading slash", "GET ../a HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"3.2.2 other scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"3.2.2 no authority", "GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"3.2.2 scheme without slashes", "GET http:/a HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"9110 4.2.4 user information", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"3.2.2 Host is required beside it", "GET http://a/ HTTP/1.1\r\n\r\n"sv, 400},
    {"3.2.3 authority-form is CONNECT's", "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"9110 9.3.6 CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n"sv, 501},
    {"9110 9.3.6 CONNECT", "CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n"sv, 501},
    {"3.2.4 asterisk-form is OPTIONS's", "GET * HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"3.2.4 asterisk-form", "OPTIONS *x HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
};

TEST(MalformedRequest, RequestLine) {
  for (const Malformed& sample : kRequestLines) expect_refused(sample);
}

// Each follows "GET / HTTP/1.1\r\n".
const Malformed kFields[] = {
    {"3.2 no Host", "\r\n"sv, 400},
    {"3.2 no Host", "A: b\r\n\r\n"sv, 400},
    {"3.2 two Hosts", "Host: a\r\nHost: a\r\n\r\n"sv, 400},
    {"3.2 two Hosts", "Host: a\r\nhost: b\r\n\r\n"sv, 400},
    {"9110 4.2.1 empty Host", "Host:\r\n\r\n"sv, 400},
    {"9110 4.2.1 empty Host", "Host: :80\r\n\r\n"sv, 400},
    {"3.2 Host with path", "Host: a/b\r\n\r\n"sv, 400},
    {"3.2 Host with user information", "Host: u@a\r\n\r\n"sv, 400},
    {"3.2 Host with space", "Host: a b\r\n\r\n"sv, 400},
    {"3.2 Host list", "Host: a, b\r\n\r\n"sv, 400},
    {"3.2 Host with query", "Host: a?b\r\n\r\n"sv, 400},
    {"3.2 Host with backslash", "Host: a\\b\r\n\r\n"sv, 400},
    {"3.2 Host with quotes", "Host: \"a\"\r\n\r\n"sv, 400},
    {"3.2 Host with markup", "Host: <a>\r\n\r\n"sv, 400},
    {"3.2 Host of other bytes", "Host: \xc3\xa9\r\n\r\n"sv, 400},
    {"3.2 Host with bad escape", "Host: a%2\r\n\r\n"sv, 400},
    {"3.2 port", "Host: a:b\r\n\r\n"sv, 400},
    {"3.2 port", "Host: a:80:80\r\n\r\n"sv, 400},
    {"3.2 port", "Host: a:65536\r\n\r\n"sv, 400},
    {"3.2 port", "Host: a:-1\r\n\r\n"sv, 400},
    {"3.2 brackets", "Host: [::1\r\n\r\n"sv, 400},
    {"3.2 brackets", "Host: [::1]a\r\n\r\n"sv, 400},
    {"3.2 brackets", "Host: []\r\n\r\n"sv, 400},
    {"3.2 brackets", "Host: ::1\r\n\r\n"sv, 400},
    {"5.1 space before the colon", "Host: a\r\nA : b\r\n\r\n"sv, 400},
    {"5.1 tab before the colon", "Host: a\r\nA\t: b\r\n\r\n"sv, 400},
    {"5.1 space in the name", "Host: a\r\nA B: c\r\n\r\n"sv, 400},
    {"5 no colon", "Host: a\r\nA\r\n\r\n"sv, 400},
    {"5 no name", "Host: a\r\n: b\r\n\r\n"sv, 400},
    {"5.1 name is not a token", "Host: a\r\nA(: b\r\n\r\n"sv, 400},
    {"5.1 name is not a token", "Host: a\r\nA\x01: b\r\n\r\n"sv, 400},
    {"5.1 name is not a token", "Host: a\r\nA\0: b\r\n\r\n"sv, 400},
    {"5.1 name is not a token", "Host: a\r\nA\x80: b\r\n\r\n"sv, 400},
    {"5.1 name is not a token", "Host: a\r\n\"A\": b\r\n\r\n"sv, 400},
    {"5.2 obs-fold", "Host: a\r\nA: b\r\n c\r\n\r\n"sv, 400},
    {"5.2 obs-fold", "Host: a\r\nA: b\r\n\tc\r\n\r\n"sv, 400},
    {"5.2 obs-fold of nothing", "Host: a\r\nA:\r\n \r\n\r\n"sv, 400},
    {"5.2 fold before the first", " \r\nHost: a\r\n\r\n"sv, 400},
    {"5.5 NUL in value", "Host: a\r\nA: b\0c\r\n\r\n"sv, 400},
    {"5.5 control in value", "Host: a\r\nA: b\x01\r\n\r\n"sv, 400},
    {"5.5 control in value", "Host: a\r\nA: b\x0b\r\n\r\n"sv, 400},
    {"5.5 DEL in value", "Host: a\r\nA: b\x7f\r\n\r\n"sv, 400},
    {"2.2 bare CR in value", "Host: a\r\nA: b\rc\r\n\r\n"sv, 400},
    {"2.2 bare CR in value", "Host: a\r\nA: b\r\r\n\r\n"sv, 400},
    {"2.2 bare LF after value", "Host: a\r\nA: b\nC: d\r\n\r\n"sv, 400},
    {"2.2 bare LF as the end", "Host: a\r\n\n"sv, 400},
    {"2.2 bare CR as the end", "Host: a\r\n\rX"sv, 400},
    {"2.2 bare LF after an empty value", "Host: a\r\nA:\n\r\n"sv, 400},
};

TEST(MalformedRequest, Fields) {
  for (const Malformed& sample : kFields) {
    const std::string stream = "GET / HTTP/1.1\r\n" + std::string(sample.stream);
    expect_refused({sample.section, stream, sample.status});
  }
}

// Each follows "POST / HTTP/1.1\r\nHost: a\r\n".
const Malformed kFraming[] = {
    {"6.1 both", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"sv, 400},
    {"6.1 both", "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"sv, 400},
    {"6.1 both", "Transfer-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"sv, 400},
    {"6.3 two lengths", "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"sv, 400},
    {"6.3 two lengths, equal", "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"sv, 400},
    {"6.3 two lengths, one line", "Content-Length: 3, 3\r\n\r\nabc"sv, 400},
    {"6.3 length empty", "Content-Length:\r\n\r\n"sv, 400},
    {"6.3 length empty", "Content-Length: \t\r\n\r\n"sv, 400},
    {"6.3 length signed", "Content-Length: +3\r\n\r\nabc"sv, 400},
    {"6.3 length negative", "Content-Length: -3\r\n\r\nabc"sv, 400},
    {"6.3 length hexadecimal", "Content-Length: 0x3\r\n\r\nabc"sv, 400},
    {"6.3 length fractional", "Content-Length: 3.0\r\n\r\nabc"sv, 400},
    {"6.3 length in two", "Content-Length: 3 4\r\n\r\nabc"sv, 400},
    {"6.3 length quoted", "Content-Length: \"3\"\r\n\r\nabc"sv, 400},
    {"6.3 length with text", "Content-Length: 3a\r\n\r\nabc"sv, 400},
    {"6.3 length with NUL", "Content-Length: 3\0\r\n\r\nabc"sv, 400},
    {"8.6 length absurd (9110)", "Content-Length: 9223372036854775808\r\n\r\n"sv, 413},
    {"8.6 length absurd (9110)", "Content-Length: 18446744073709551616\r\n\r\n"sv, 413},
    {"8.6 length absurd (9110)", "Content-Length: 99999999999999999999999999\r\n\r\n"sv, 413},
    {"6.3 chunked not last", "Transfer-Encoding: chunked, gzip\r\n\r\n"sv, 400},
    {"6.3 chunked not last", "Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n"sv,
     400},
    {"6.3 no chunked", "Transfer-Encoding: gzip\r\n\r\n"sv, 400},
    {"6.3 no chunked", "Transfer-Encoding: identity\r\n\r\n"sv, 400},
    {"6.3 no chunked", "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"sv, 400},
    {"6.3 no chunked", "Transfer-Encoding: chunkedx\r\n\r\n0\r\n\r\n"sv, 400},
    {"6.3 no chunked", "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n"sv, 400},
    {"6.3 chunked twice", "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"sv, 400},
    {"6.3 chunked twice",
     "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"sv, 400},
    {"7 chunked has no parameters", "Transfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n"sv, 400},
    {"6.1 empty", "Transfer-Encoding:\r\n\r\n"sv, 400},
    {"6.1 empty element", "Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n"sv, 400},
    {"6.1 empty element", "Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n"sv, 400},
    {"6.1 odd whitespace", "Transfer-Encoding:\x0b chunked\r\n\r\n0\r\n\r\n"sv, 400},
    {"6.1 odd whitespace", "Transfer-Encoding: chunked\x0c\r\n\r\n0\r\n\r\n"sv, 400},
    {"6.1 odd whitespace", "Transfer-Encoding: chunked\xa0\r\n\r\n0\r\n\r\n"sv, 400},
    // A tab is allowed there, but llhttp does not recognise chunked then: disagreement is refused.
    {"6.1 tab after", "Transfer-Encoding: chunked\t\r\n\r\n0\r\n\r\n"sv, 400},
    {"6.1 unknown coding", "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"sv, 501},
    {"6.1 unknown coding",
     "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"sv, 501},
    {"6.1 unknown coding", "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n"sv, 501},
};

TEST(MalformedRequest, Framing) {
  for (const Malformed& sample : kFraming) {
    const std::string stream = "POST / HTTP/1.1\r\nHost: a\r\n" + std::string(sample.stream);
    expect_refused({sample.section, stream, sample.status});
  }
  expect_refused({"6.1 codings in HTTP/1.0",
                  "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400});
}

// Chunked bodies: each follows the head.
const Malformed kChunks[] = {
    {"7.1 empty size", "\r\n"sv, 400},
    {"7.1 empty size", ";a\r\n"sv, 400},
    {"7.1 prefix", "0x2\r\nab\r\n0\r\n\r\n"sv, 400},
    {"7.1 sign", "+2\r\nab\r\n0\r\n\r\n"sv, 400},
    {"7.1 sign", "-2\r\nab\r\n0\r\n\r\n"sv, 400},
    {"7.1 not a digit", "g\r\nab\r\n0\r\n\r\n"sv, 400},
    {"7.1 space before the size", " 2\r\nab\r\n0\r\n\r\n"sv, 400},
    {"7.1 space after the size", "2 \r\nab\r\n0\r\n\r\n"sv, 400},
    {"7.1 size too large", "10000000000000000\r\nab"sv, 400},
    {"7.1 size absurd", "ffffffffffffffff\r\nab"sv, 413},
    {"7.1 size absurd", "8000000000000000\r\nab"sv, 413},
    {"7.1 bare LF after the size", "2\nab\r\n0\r\n\r\n"sv, 400},
    {"7.1 bare CR after the size", "2\rab\r\n0\r\n\r\n"sv, 400},
    {"7.1 data too long", "2\r\nabc\r\n0\r\n\r\n"sv, 400},
    {"7.1 data too short", "2\r\na\r\n0\r\n\r\n"sv, 400},
    {"7.1 bare LF after data", "2\r\nab\n0\r\n\r\n"sv, 400},
    {"7.1 bare CR after data", "2\r\nab\rX0\r\n\r\n"sv, 400},
    {"7.1 nothing after data", "2\r\nab0\r\n\r\n"sv, 400},
    {"7.1 tab after the size", "2\t\r\nab\r\n0\r\n\r\n"sv, 400},
    {"7.1 space inside the size", "1 0\r\nab\r\n0\r\n\r\n"sv, 400},
    {"7.1.1 space behind the extension", "2;a \r\nab\r\n0\r\n\r\n"sv, 400},
    {"7.1.1 space behind the value", "2;a=b \r\nab\r\n0\r\n\r\n"sv, 400},
    {"7.1.1 space behind the quotes", "2;a=\"b\" \r\nab\r\n0\r\n\r\n"sv, 400},
    {"7.1.1 two words as a name", "2;a b\r\nab\r\n0\r\n\r\n"sv, 400},
    {"7.1.1 two words as a value", "2;a=b c\r\nab\r\n0\r\n\r\n"sv, 400},
    {"7.1.1 only a space as a name", "2; \r\nab\r\n0\r\n\r\n"sv, 400},
    {"7.1.1 only a space as a value", "2;a= \r\nab\r\n0\r\n\r\n"sv, 400},
    {"7.1.1 two semicolons", "2; ;a\r\nab\r\n0\r\n\r\n"sv, 400},
    {"7.1.1 vertical tab as a blank", "2;\va\r\nab\r\n0\r\n\r\n"sv, 400},
    {"7.1.1 line break as a blank", "2;\r\n a\r\nab\r\n0\r\n\r\n"sv, 400},
    {"7.1.1 quotes without end", "2;a=\"b\r\nab\r\n0\r\n\r\n"sv, 400},
    {"7.1.1 no extension name", "2;\r\nab\r\n0\r\n\r\n"sv, 400},
    {"7.1.1 no extension name", "2;=b\r\nab\r\n0\r\n\r\n"sv, 400},
    {"7.1.1 empty extension value", "2;a=\r\nab\r\n0\r\n\r\n"sv, 400},
    {"7.1.1 empty extension value", "2;a=;b=c\r\nab\r\n0\r\n\r\n"sv, 400},
    {"7.1.1 control in extension", "2;a\x01\r\nab\r\n0\r\n\r\n"sv, 400},
    {"7.1.1 NUL in extension", "2;a=\0\r\nab\r\n0\r\n\r\n"sv, 400},
    {"7.1.1 bare LF after extension", "2;a\nab\r\n0\r\n\r\n"sv, 400},
    {"7.1.1 bare LF after extension", "2;a=b\nab\r\n0\r\n\r\n"sv, 400},
    {"7.1.1 bare CR in extension", "2;a\rb\r\nab\r\n0\r\n\r\n"sv, 400},
    {"7.1.1 line end in quotes", "2;a=\"x\r\ny\"\r\nab\r\n0\r\n\r\n"sv, 400},
    {"7.1.1 line feed in quotes", "2;a=\"x\ny\"\r\nab\r\n0\r\n\r\n"sv, 400},
    {"7.1.1 quoted line feed", "2;a=\"\\\n\"\r\nab\r\n0\r\n\r\n"sv, 400},
    {"7.1.1 text after quotes", "2;a=\"b\"c\r\nab\r\n0\r\n\r\n"sv, 400},
    {"7.1.2 bare LF in trailers", "0\r\nA: b\n\r\n"sv, 400},
    {"7.1.2 bare LF as the end", "0\r\n\n"sv, 400},
    {"7.1.2 bare CR as the end", "0\r\n\rX"sv, 400},
    {"7.1.2 obs-fold in trailers", "0\r\nA: b\r\n c\r\n\r\n"sv, 400},
    {"7.1.2 space in trailers", "0\r\n A: b\r\n\r\n"sv, 400},
    {"7.1.2 NUL in trailers", "0\r\nA: \0\r\n\r\n"sv, 400},
    {"7.1.2 trailer is no field", "0\r\nGET / HTTP/1.1\r\n\r\n"sv, 400},
    {"7.1.2 bare CR in trailers", "0\r\nA: b\rc: d\r\n\r\n"sv, 400},
    {"7.1.2 control in trailers", "0\r\nA: \x01\r\n\r\n"sv, 400},
    {"7.1.2 no name", "0\r\n: b\r\n\r\n"sv, 400},
    {"7.1.2 space before the colon", "0\r\nContent-Length : 5\r\n\r\n"sv, 400},
    {"7.1.2 pseudo-header field", "0\r\n:path: /\r\n\r\n"sv, 400},
    {"7.1.2 quoted name", "0\r\n\"A\": b\r\n\r\n"sv, 400},
};

TEST(MalformedRequest, Chunks) {
  for (const Malformed& sample : kChunks) {
    const std::string stream = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
                               std::string(sample.stream);
    expect_refused({sample.section, stream, sample.status});
  }
}

TEST(MalformedRequest, RefusedAtOnceAfterGoodOnes) {
  const std::string good = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  expect_refused({"pipelined", good + good + "GET / HTTP/1.1\r\n\r\n", 400});
}

}  // namespace
}  // namespace tusk::http::h1
