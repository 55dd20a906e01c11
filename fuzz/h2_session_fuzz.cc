// h2::Session: any bytes from a client, in any pieces, with answers of every kind meanwhile. A
// request keeps the promises of RequestHead, calls come in order, and the output consists of whole
// frames. Without answers the cuts between pieces change nothing.
#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "http/h2/session.h"
#include "http/target.h"
#include "http/token.h"

namespace {

namespace http = tusk::http;
namespace h2 = tusk::http::h2;

h2::SessionLimits limits() {
  h2::SessionLimits limits;
  limits.header_bytes = 1000;
  limits.header_count = 8;
  limits.target_bytes = 100;
  limits.max_streams = 4;
  limits.max_resets = 8;
  limits.max_control_frames = 100;
  return limits;
}

void check_promises(const http::RequestHead& head, bool ended) {
  TUSK_CHECK(http::is_token(head.view(head.method)));
  TUSK_CHECK(http::is_target(head.view(head.target)));
  TUSK_CHECK(head.target.length <= limits().target_bytes);
  const std::string_view path = head.view(head.path);
  TUSK_CHECK(path.starts_with('/') || path == "*");
  TUSK_CHECK(head.query.length == 0 || head.has_query);
  TUSK_CHECK(http::is_valid_authority(head.view(head.authority)));
  TUSK_CHECK(head.find("host") == head.view(head.authority));
  TUSK_CHECK(head.version == http::Version::kHttp2 && head.keep_alive);
  TUSK_CHECK(!(head.chunked && head.content_length));
  TUSK_CHECK(!ended || !head.has_body());
  TUSK_CHECK(head.text.size() <= 4 * limits().header_bytes);
  for (const http::HeaderField& field : head.fields) {
    const std::string_view name = head.view(field.name);
    TUSK_CHECK(http::is_token(name));
    TUSK_CHECK(std::ranges::none_of(name, [](char c) { return c >= 'A' && c <= 'Z'; }));
    TUSK_CHECK(name != "connection" && name != "transfer-encoding" && name != "upgrade");
    const std::string_view value = head.view(field.value);
    TUSK_CHECK(http::is_field_value(value) && http::trim_ows(value) == value);
  }
}

struct Stream final : h2::StreamUser {
  std::string* story = nullptr;  // a record of its events
  std::string reply;
  std::uint64_t announced = 0;
  std::uint64_t received = 0;
  bool has_length = false;
  bool complete = true;
  bool broken = false;
  bool ended = false;
  bool answered_early = false;
  bool closed = false;

  void on_body(std::string_view piece) override {
    TUSK_CHECK(!ended && !closed);
    received += piece.size();
    story->append(piece);
  }
  void on_end() override {
    TUSK_CHECK(!ended && !closed);
    TUSK_CHECK(!has_length || received == announced);
    ended = true;
    story->append("<end>");
  }
  void on_answered_early() override {
    TUSK_CHECK(!ended && !closed);
    answered_early = true;
  }
  void on_closed(h2::ErrorCode) override {
    TUSK_CHECK(!closed);
    closed = true;
  }
  Available body_available(std::size_t most) override {
    TUSK_CHECK(!closed);
    const std::size_t bytes = std::min(most, reply.size());
    return {bytes, complete && bytes == reply.size()};
  }
  bool take_body(std::size_t count, std::string& out) override {
    TUSK_CHECK(!closed && count <= reply.size());
    if (broken) return false;
    out.append(reply, 0, count);
    reply.erase(0, count);
    return true;
  }
};

class Client final : public h2::SessionUser {
 public:
  explicit Client(bool answers) : answers_(answers), session_(limits(), *this) {}

  void send(std::string_view bytes) {
    // A copy of exactly that size, so that the sanitizer sees a byte read beyond it.
    const auto copy = std::make_unique<char[]>(bytes.size());
    std::copy(bytes.begin(), bytes.end(), copy.get());
    if (open_) open_ = session_.receive({copy.get(), bytes.size()}, now_);
    // Budgets refill with time, which must not depend on the cuts.
    if (answers_) now_ += std::chrono::milliseconds(1);
    if (!open_) TUSK_CHECK(session_.violation() != h2::Violation::kNone);
    if (answers_) {
      for (const auto& [id, stream] : streams_) go_on(id, *stream);
      produce();
    }
  }

  void produce() {
    std::string out;
    for (int i = 0; i < 100 && session_.wants_write(); ++i) {
      const std::size_t before = out.size();
      session_.produce(out, before + 3000);
      if (out.size() == before) break;
    }
    while (!out.empty()) {
      TUSK_CHECK(out.size() >= 9);
      const auto byte = [&out](std::size_t at) { return static_cast<std::uint8_t>(out[at]); };
      const std::size_t length = std::size_t{byte(0)} << 16U | std::size_t{byte(1)} << 8U | byte(2);
      TUSK_CHECK(out.size() >= 9 + length);
      out.erase(0, 9 + length);
    }
  }

  const std::string& story() const { return story_; }
  bool open() const { return open_; }

 private:
  h2::StreamUser* on_request(h2::StreamId id, http::RequestHead& head, const http::Refusal& refusal,
                             bool ended) override {
    story_.append("<").append(std::to_string(id)).append(" ");
    story_.append(std::to_string(refusal.status)).append(" ");
    if (!refusal.refused()) {
      check_promises(head, ended);
      story_.append(head.text);
    } else {
      TUSK_CHECK(refusal.status >= 400 && refusal.status <= 501 && !refusal.reason.empty());
    }
    if (ended) story_.append("<end>");
    if (id % 16 == 15) return nullptr;
    auto& stream = streams_[id];
    TUSK_CHECK(stream == nullptr);
    stream = std::make_unique<Stream>();
    stream->story = &story_;
    stream->ended = ended;
    stream->has_length = head.content_length.has_value();
    stream->announced = head.content_length.value_or(0);
    http::RequestHead taken;
    std::swap(taken, head);
    if (answers_) begin_answer(id, *stream);
    return stream.get();
  }

  void begin_answer(h2::StreamId id, Stream& stream) {
    if (id % 8 == 7) return;  // only later
    http::ResponseHead head;
    head.status = id % 4 == 1 ? 200 : id % 3 == 0 ? 204 : 404;
    head.add("X-Name", "value");
    head.add("Connection", "close");
    stream.reply.assign(static_cast<std::size_t>(id) * 37 % 40'000, 'r');
    stream.complete = id % 8 != 5;
    stream.broken = id % 32 == 17;
    if (id % 8 == 3) {
      http::ResponseHead hints;
      hints.status = 103;
      hints.add("Link", "</a>");
      session_.send_interim(id, hints);
    }
    session_.send_head(
        id, head,
        stream.complete ? http::Framing::known(stream.reply.size()) : http::Framing::unknown(),
        {.head_request = id % 64 == 33, .date = "now", .server = "fuzz"});
  }

  void go_on(h2::StreamId id, Stream& stream) {
    if (stream.closed) return;
    if (stream.answered_early) session_.reset(id, h2::ErrorCode::kNoError);
    if (id % 8 == 5) {
      stream.reply.append("more");
      stream.complete = ++turns_ % 3 == 0;
      session_.resume(id);
    }
    if (id % 8 == 7 && ++turns_ % 5 == 0) session_.reset(id, h2::ErrorCode::kCancel);
  }

  bool answers_;
  h2::Session session_;
  tusk::base::MonotonicTime now_{std::chrono::seconds(1)};
  std::map<h2::StreamId, std::unique_ptr<Stream>> streams_;
  std::string story_;
  unsigned turns_ = 0;
  bool open_ = true;
};

void feed(Client& client, std::string_view stream, std::uint32_t seed) {
  while (!stream.empty()) {
    seed = seed * 1664525 + 1013904223;
    const std::size_t size = std::min<std::size_t>(
        stream.size(), 1 + (seed >> 24U) % (1 + (seed >> 28U) * (seed >> 28U)));
    client.send(stream.substr(0, size));
    stream.remove_prefix(size);
  }
}

}  // namespace

// The first byte says how to cut, and whether the input begins with the preface.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::uint32_t seed = data[0];
  std::string stream;
  if ((seed & 1U) == 0) stream.append(h2::kPreface);
  stream.append(reinterpret_cast<const char*>(data) + 1, size - 1);

  Client whole(false);
  whole.send(stream);
  Client pieces(false);
  feed(pieces, stream, seed);
  TUSK_CHECK(whole.story() == pieces.story());
  TUSK_CHECK(whole.open() == pieces.open());
  whole.produce();

  Client answered(true);
  feed(answered, stream, seed);
  return 0;
}
