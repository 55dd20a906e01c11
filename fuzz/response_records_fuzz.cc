// ResponseReader and what it carries: a hostile worker writes any words into its slot and ring, at
// any time between two reads. Nothing is read beyond the ring, no round has no end, and a head that
// was taken holds only lines that add() takes. An honest response after it arrives as it was sent.
// A Job of any bytes is refused or lies within its text.
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "exec/process/job_encoding.h"
#include "exec/process/response_records.h"
#include "http/token.h"
#include "script.h"

namespace {

namespace http = tusk::http;
namespace process = tusk::exec::process;
using process::RecordKind;
using process::ResponseReader;
using tusk::fuzz::Script;
using Next = ResponseReader::Next;

constexpr std::size_t kRing = 512;

void check_head(std::string_view text) {
  // Exactly that size, so that the sanitizer sees a byte read beyond it.
  const auto copy = std::make_unique<char[]>(text.size());
  text.copy(copy.get(), text.size());
  http::ResponseHead head;
  if (!process::decode({copy.get(), text.size()}, head)) return;
  TUSK_CHECK(head.status >= 100 && head.status <= 999);
  TUSK_CHECK(head.reason.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
  std::string lines;
  for (const http::HeaderField& field : head.fields) {
    TUSK_CHECK(http::is_token(head.view(field.name)));
    TUSK_CHECK(http::is_field_value(head.view(field.value)));
    lines.append(head.view(field.name)).append(": ").append(head.view(field.value)).append("\r\n");
  }
  TUSK_CHECK(lines == head.text);
  http::ResponseHead again;
  TUSK_CHECK(process::decode(process::encode(head), again));
  TUSK_CHECK(again.text == head.text && again.status == head.status);
}

void check_job(std::string_view bytes) {
  const auto copy = std::make_unique<char[]>(bytes.size());
  bytes.copy(copy.get(), bytes.size());
  tusk::exec::Job job;
  process::DecodedBody body;
  if (!process::decode(std::span<const char>(copy.get(), bytes.size()), job, body)) return;
  for (const http::HeaderField& field : job.head.fields) {
    TUSK_CHECK(job.view(field.name).size() == field.name.length);
    TUSK_CHECK(job.view(field.value).size() == field.value.length);
  }
  for (const http::Span span : {job.head.method, job.head.target, job.script_filename,
                                job.origin.client_address, job.tls_variables, job.given_id}) {
    TUSK_CHECK(job.view(span).size() == span.length);
  }
  std::string last;
  last.append(body.bytes.data(), body.bytes.size());
  TUSK_CHECK(body.place == process::BodyPlace::kInline || last.empty());
}

// The valid bytes of a job, some of them changed, since no fuzzer finds its size.
void job_like(Script& script) {
  tusk::exec::Job job;
  job.head.method = job.head.append("GET");
  job.head.add_field("Host", script.take(script.byte()));
  job.script_filename = job.store("/srv/index.php");
  std::string bytes(4096, '\0');
  bytes.resize(process::encode(job, bytes));
  for (unsigned changes = script.byte() % 8; changes > 0 && !script.done(); --changes) {
    const std::size_t at = script.number(2) % (bytes.size() - 7);
    const std::uint64_t value = script.number(8);
    std::memcpy(bytes.data() + at, &value, 1 + script.byte() % 8);
  }
  check_job(std::string_view(bytes).substr(0, bytes.size() - script.byte() % 16));
}

class Slot {
 public:
  // What a worker does.
  void write(Script& script) {
    const unsigned step = script.byte();
    switch (step % 8) {
      case 0:
        slot_.written = script.number(8);
        break;
      case 1:
        slot_.written += script.number(2);
        break;
      case 2:
        slot_.read = script.number(8);
        slot_.waits = script.byte();
        slot_.progress = script.byte();
        break;
      case 3: {
        const std::size_t at = script.number(2) % kRing;
        const std::string_view bytes = script.take(script.byte());
        bytes.copy(ring_.get() + at, kRing - at);
        break;
      }
      case 4: {  // a header where the next record is
        const process::RecordHeader header{script.byte(),
                                           static_cast<std::uint32_t>(script.number(4))};
        std::memcpy(ring_.get() + (slot_.written & (kRing - 8)), &header, sizeof header);
        break;
      }
      default: {  // a record as an honest worker writes it
        writer_.begin();
        // Where it would write is no multiple of eight after such a word: it has no such.
        if (slot_.written % 8 != 0) break;
        const auto kind = static_cast<RecordKind>(script.byte() % 10);
        writer_.put(kind, {script.take(script.byte()), script.take(step / 8)});
        break;
      }
    }
  }

  // What the server does in a round, while the worker writes on.
  void read(Script& script) {
    // A record has at least eight bytes.
    std::size_t left = kRing / 8;
    process::Record record;
    Next next = Next::kNone;
    while ((next = reader_.next(record)) == Next::kRecord) {
      TUSK_CHECK(left-- > 0);
      take(record);
      if (!script.done() && script.byte() % 2 == 0) write(script);
    }
    is_broken_ = next == Next::kBroken;
    reader_.give_back();
  }

  void begin() {
    reader_.begin();
    is_broken_ = false;
    TUSK_CHECK(!reader_.has_news());
  }

  // A response of a worker that keeps the rules, whatever the last one has left.
  void check_honest(std::string_view text) {
    begin();
    writer_.begin();
    const std::string_view first = text.substr(0, writer_.most());
    TUSK_CHECK(
        writer_.put(RecordKind::kTail,
                    {first.substr(0, 3), first.substr(std::min<std::size_t>(3, first.size()))}));
    process::Record record;
    TUSK_CHECK(reader_.next(record) == Next::kRecord);
    TUSK_CHECK(record.kind == RecordKind::kTail && record.text() == first);
    TUSK_CHECK(reader_.next(record) == Next::kNone);
  }

  bool is_broken() const { return is_broken_; }

 private:
  void take(const process::Record& record) const {
    TUSK_CHECK(record.kind >= RecordKind::kInterim && record.kind <= RecordKind::kEnd);
    TUSK_CHECK(record.size() <= kRing / 2);
    const std::string text = record.text();
    TUSK_CHECK(text.size() == record.size());
    if (record.kind == RecordKind::kHead || record.kind == RecordKind::kInterim) check_head(text);
    process::EndRecord end;
    if (record.read(end)) TUSK_CHECK(end.is_valid() && text.size() == sizeof end);
    process::FilePiece piece;
    if (record.read(piece)) TUSK_CHECK(piece.offset + piece.length > piece.offset);
  }

  process::SlotControl slot_{};
  std::unique_ptr<char[]> ring_ = std::make_unique<char[]>(kRing);
  process::ResponseWriter writer_{slot_, {ring_.get(), kRing}};
  ResponseReader reader_{slot_, {ring_.get(), kRing}};
  bool is_broken_ = false;
};

}  // namespace

// The first byte says which part is tried.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Script script({reinterpret_cast<const char*>(data), size});
  switch (script.byte() % 8) {
    case 0:
      check_head(script.take(size));
      return 0;
    case 1:
      check_job(script.take(size));
      return 0;
    case 2:
      job_like(script);
      return 0;
    default:
      break;
  }
  Slot slot;
  slot.begin();
  while (!script.done()) {
    slot.write(script);
    if (script.byte() % 4 != 0) continue;
    slot.read(script);
    // The server ends a worker that has broken its ring; here it gets a new one.
    if (slot.is_broken()) slot.begin();
  }
  slot.check_honest(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
