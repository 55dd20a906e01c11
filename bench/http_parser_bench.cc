// Measures the HTTP/1 layer's cost of a request: parsing its head, decoding its path, writing the
// answer.
#include <array>
#include <string>
#include <string_view>

#include <benchmark/benchmark.h>

#include "http/date.h"
#include "http/h1/request_parser.h"
#include "http/h1/response_writer.h"
#include "http/path.h"

namespace {

namespace http = tusk::http;

constexpr std::string_view kWrk = "GET /hello.php HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n";

constexpr std::string_view kBrowser =
    "GET /wp-content/themes/twentytwentyfive/style.css?ver=6.8.1 HTTP/1.1\r\n"
    "Host: www.example.org\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: text/css,*/*;q=0.1\r\n"
    "Accept-Language: en-US,en;q=0.5\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Connection: keep-alive\r\n"
    "Referer: https://www.example.org/2025/05/a-post-with-a-rather-long-title/\r\n"
    "Cookie: wordpress_test_cookie=WP%20Cookie%20check; wp-settings-time-1=1747216465\r\n"
    "Sec-Fetch-Dest: style\r\n"
    "Sec-Fetch-Mode: no-cors\r\n\r\n";

constexpr std::string_view kChunked =
    "POST /upload.php HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    "10\r\n0123456789abcdef\r\n10\r\n0123456789abcdef\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n";

void parse(benchmark::State& state, std::string_view stream) {
  using Event = http::h1::RequestParser::Event;
  http::h1::RequestParser parser({});
  for (auto _ : state) {
    std::string_view rest = stream;
    for (;;) {
      const auto step = parser.parse(rest);
      rest.remove_prefix(step.consumed);
      if (step.event == Event::kComplete) break;
      if (step.event == Event::kError) {
        state.SkipWithError("refused");
        break;
      }
    }
    benchmark::DoNotOptimize(parser.head().text.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(stream.size()));
}
BENCHMARK_CAPTURE(parse, wrk, kWrk);
BENCHMARK_CAPTURE(parse, browser, kBrowser);
BENCHMARK_CAPTURE(parse, chunked, kChunked);

void decode_path(benchmark::State& state, std::string_view raw) {
  std::string out;
  for (auto _ : state) benchmark::DoNotOptimize(http::decode_path(raw, out).error);
}
BENCHMARK_CAPTURE(decode_path, plain, "/wp-content/themes/twentytwentyfive/style.css");
BENCHMARK_CAPTURE(decode_path, escaped, "/a%20b/../wiki/caf%C3%A9//index.php");

void write_head(benchmark::State& state) {
  http::ResponseHead head;
  std::array<char, http::kDateBytes> date;
  const std::string_view now = http::format_date(784111777, date);
  const http::h1::ResponseContext context{http::Version::kHttp11, false, true, now, "tusk"};
  std::string out;
  for (auto _ : state) {
    head.clear();
    head.add("X-Powered-By", "PHP/8.4.24");
    head.add("Content-Type", "text/html; charset=UTF-8");
    out.clear();
    http::h1::append_response_head(out, head, http::Framing::known(12), context);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(write_head);

void format_date(benchmark::State& state) {
  std::array<char, http::kDateBytes> date;
  std::int64_t seconds = 1'700'000'000;
  for (auto _ : state) benchmark::DoNotOptimize(http::format_date(++seconds, date).data());
}
BENCHMARK(format_date);

}  // namespace

BENCHMARK_MAIN();
