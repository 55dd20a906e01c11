// Measures the compression of a page with each coding and level; `bytes` is the compressed size.
//   build/release/bench/coding_bench [FILE] [--benchmark_...]       FILE: bench/scripts/page.html
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include <benchmark/benchmark.h>

#include "http/coding/encoder.h"

namespace {

using tusk::http::ContentCoding;
using tusk::http::coding::Encoder;
using tusk::http::coding::Levels;

std::string page;

void encode(benchmark::State& state, ContentCoding coding, Levels levels) {
  Encoder encoder(levels);
  std::string out;
  for (auto _ : state) {
    out.clear();
    if (!encoder.encode(coding, page, out)) state.SkipWithError("out of memory");
  }
  state.counters["bytes"] = static_cast<double>(out.size());
}

// In pieces of 4 kB with a flush after each: the cost of a stream.
void stream(benchmark::State& state, ContentCoding coding) {
  Encoder encoder({});
  std::string out;
  for (auto _ : state) {
    out.clear();
    encoder.begin(coding);
    for (std::size_t at = 0; at < page.size(); at += 4096) {
      encoder.append(std::string_view(page).substr(at, 4096), out);
      encoder.flush(out);
    }
    encoder.finish(out);
  }
  state.counters["bytes"] = static_cast<double>(out.size());
}

void add(const char* name, ContentCoding coding, int level) {
  const std::string title = std::string(name) + "/" + std::to_string(level);
  benchmark::RegisterBenchmark(title.c_str(), encode, coding, Levels{level, level, level})
      ->Unit(benchmark::kMicrosecond);
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  std::ifstream file(argc > 1 ? argv[1] : "bench/scripts/page.html", std::ios::binary);
  page.assign(std::istreambuf_iterator<char>(file), {});
  if (page.empty()) {
    std::fputs("coding_bench: no such file\n", stderr);
    return 1;
  }
  for (const int level : {1, 2, 3, 4, 6, 9}) add("zstd", ContentCoding::kZstd, level);
  for (const int level : {0, 1, 2, 3, 4, 5, 6, 7, 9, 11}) add("br", ContentCoding::kBrotli, level);
  for (const int level : {1, 2, 3, 4, 5, 6, 9}) add("gzip", ContentCoding::kGzip, level);
  for (const ContentCoding coding :
       {ContentCoding::kZstd, ContentCoding::kBrotli, ContentCoding::kGzip}) {
    const std::string title = std::string("stream/") + std::string(name_of(coding));
    benchmark::RegisterBenchmark(title.c_str(), stream, coding)->Unit(benchmark::kMicrosecond);
  }
  benchmark::RunSpecifiedBenchmarks();
}
