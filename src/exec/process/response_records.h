// The response of a worker process: records in the slot's ring.
//
// ResponseWriter is the worker's side, ResponseReader the server's. The reader trusts nothing: a
// record that is too long or unknown is an error, which ends the response, and later the worker.
//
// A record is eight bytes, then `length` bytes, then padding to a multiple of eight. It lies in the
// ring as a whole or around its end.
//
// Thread: one writer, one reader.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "exec/exchange.h"
#include "exec/process/region.h"

namespace tusk::exec::process {

enum class RecordKind : std::uint32_t {
  kInterim = 1,  // an encoded head (1xx)
  kHead,         // an encoded head; the body streams
  // An encoded head; the body comes as kTail, or as one file piece, and the client gets nothing
  // before the end: so a length is sent, and a worker that dies leaves room for a 502.
  kWholeHead,
  kPiece,       // bytes of a body that streams
  kNewFile,     // a descriptor was sent: the following kFilePieces lie in that file
  kFilePiece,   // a FilePiece
  kTail,        // bytes of the body's end, or of the whole body
  kFatalError,  // the message of the error that ends the script
  kEnd,         // an EndRecord: the response is complete
};

struct RecordHeader {
  std::uint32_t kind = 0;  // a RecordKind
  std::uint32_t length = 0;
};

struct FilePiece {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;

  // It has an end that a file can have. Whether the file is that long is another question.
  bool is_valid() const {
    constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
    return length != 0 && offset <= kMost && length <= kMost - offset;
  }
};

// How the response was made: the members of Exchange of these names. The numbers in place of `bool`
// are 0 or another: a `bool` with a third value is undefined.
struct EndRecord {
  std::int32_t error_status = 0;
  std::uint8_t truncated = 0;
  std::uint8_t fatal_error = 0;
  std::uint8_t abandoned_library = 0;
  std::uint8_t spilled = 0;
  std::uint8_t measured_cpu = 0;
  std::uint8_t measured_memory = 0;
  std::uint8_t compressed = 0;
  std::uint8_t coding = 0;  // an observe::Coding
  std::uint64_t memory_peak_bytes = 0;
  std::int64_t ended_ns = 0;  // 0: not measured
  std::int64_t cpu_ns = 0;
  std::uint64_t cost_memory_bytes = 0;
  std::uint64_t compressed_from_bytes = 0;
  std::uint64_t compressed_to_bytes = 0;

  bool is_valid() const {
    const bool is_error = error_status >= 400 && error_status <= 599;
    // Sums of impossible sizes would be no figures of other responses any more.
    constexpr std::uint64_t kMost = std::uint64_t{1} << 48;
    const bool is_possible = coding < std::size(observe::kCodings) &&
                             compressed_from_bytes < kMost && compressed_to_bytes < kMost;
    return (error_status == 0 || is_error) && ended_ns >= 0 && cpu_ns >= 0 && is_possible;
  }
};

class ResponseWriter {
 public:
  ResponseWriter(SlotControl& slot, std::span<char> ring) : slot_(slot), ring_(ring) {}

  // Begins the next response. The reader has taken everything of the last one.
  void begin();
  // How long the payload of a record may be that put() would take now.
  std::size_t room() const;
  // No record has a longer payload: half of the ring, so that both sides can work.
  std::size_t most() const { return ring_.size() / 2; }
  // Appends a record whose payload is `parts` in a row. False: there is no room. The reader sees it
  // after publish(): a loop that found a part of a short response would come back for the rest.
  bool add(RecordKind kind, std::span<const std::string_view> parts);
  void publish();
  // Both.
  bool put(RecordKind kind, std::initializer_list<std::string_view> parts) {
    const bool added = add(kind, {parts.begin(), parts.size()});
    if (added) publish();
    return added;
  }
  template <class Value>
  bool put_value(RecordKind kind, const Value& value) {
    return put(kind, {std::string_view(reinterpret_cast<const char*>(&value), sizeof value)});
  }

 private:
  void copy_in(std::string_view bytes);

  SlotControl& slot_;
  std::span<char> ring_;
  std::uint64_t written_ = 0;
};

// The payload is in the ring until the next call of the reader, and may change meanwhile: copy it,
// then look at it.
struct Record {
  RecordKind kind{};
  std::array<std::string_view, 2> parts;  // the second is what lies at the ring's begin

  std::size_t size() const { return parts[0].size() + parts[1].size(); }
  void append_to(std::string& text) const;
  std::string text() const;
  // False: the payload has another size, or is no valid value.
  template <class Value>
  bool read(Value& value) const {
    static_assert(std::is_trivially_copyable_v<Value>);
    if (size() != sizeof value) return false;
    char* const bytes = reinterpret_cast<char*>(&value);
    parts[1].copy(bytes + parts[0].copy(bytes, parts[0].size()), parts[1].size());
    return value.is_valid();
  }
};

class ResponseReader {
 public:
  ResponseReader(SlotControl& slot, std::span<char> ring) : slot_(slot), ring_(ring) {}

  // Begins the next response, while the slot is the server's: at the begin of the ring, so that
  // small responses use the same memory again and again. Tests begin at other multiples of 8.
  void begin(std::uint64_t position = 0);
  // There may be a record. Cheap: one load. It is sequentially consistent, because a loop looks
  // here after it has said that it sleeps (exec/process/doorbells.h).
  bool has_news() const { return slot_.written.load(std::memory_order_seq_cst) != read_; }

  enum class Next : std::uint8_t {
    kNone,
    kRecord,
    kBroken,  // the worker has written something else: read no more
  };
  // At most the ring's size comes between two calls of give_back(): a worker that writes without
  // pause does not hold the loop.
  Next next(Record& record);
  // Tells the worker that the records that next() has returned are read. True: it sleeps, and the
  // caller wakes it by wake_on(slot.progress).
  bool give_back();

 private:
  std::string_view at(std::uint64_t position, std::size_t length) const;
  RecordHeader header_at(std::uint64_t position) const;

  SlotControl& slot_;
  std::span<char> ring_;
  std::uint64_t read_ = 0;
  std::uint64_t given_back_ = 0;  // what slot_.read should be; the worker may have changed that
};

// A head as text: its status, its reason, then its lines.
std::string encode(const http::ResponseHead& head);
// The same in parts, so that nothing is copied before the ring. The status has three digits.
class HeadParts {
 public:
  explicit HeadParts(const http::ResponseHead& head);  // outlives the parts, unchanged
  HeadParts(const HeadParts&) = delete;
  HeadParts& operator=(const HeadParts&) = delete;

  std::span<const std::string_view> all() const { return parts_; }
  std::size_t size() const { return size_; }

 private:
  std::array<char, 4> status_;
  std::array<std::string_view, 4> parts_;
  std::size_t size_ = 0;
};
// Checks each line as ResponseHead::add() makes it. False: the text is no head.
bool decode(std::string_view text, http::ResponseHead& head);

}  // namespace tusk::exec::process
