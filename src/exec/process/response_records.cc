#include "exec/process/response_records.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>

#include "http/token.h"

namespace tusk::exec::process {

namespace {

constexpr std::uint64_t padded(std::uint64_t length) { return (length + 7) & ~std::uint64_t{7}; }

constexpr std::uint64_t record_bytes(std::uint64_t length) {
  return sizeof(RecordHeader) + padded(length);
}

constexpr int kLeastStatus = 100;
constexpr int kMostStatus = 999;

}  // namespace

void ResponseWriter::begin() { written_ = slot_.written.load(std::memory_order_relaxed); }

std::size_t ResponseWriter::room() const {
  const std::uint64_t used = written_ - slot_.read.load(std::memory_order_acquire);
  // Whatever the other side has written.
  if (used > ring_.size()) return 0;
  const std::size_t free = ring_.size() - used;
  if (free <= sizeof(RecordHeader)) return 0;
  return std::min((free - sizeof(RecordHeader)) & ~std::size_t{7}, most());
}

bool ResponseWriter::add(RecordKind kind, std::span<const std::string_view> parts) {
  std::size_t length = 0;
  for (const std::string_view part : parts) length += part.size();
  if (length > room() || room() == 0) return false;
  const RecordHeader header{static_cast<std::uint32_t>(kind), static_cast<std::uint32_t>(length)};
  const std::uint64_t end = written_ + record_bytes(length);
  copy_in({reinterpret_cast<const char*>(&header), sizeof header});
  for (const std::string_view part : parts) copy_in(part);
  written_ = end;
  return true;
}

void ResponseWriter::publish() { slot_.written.store(written_, std::memory_order_seq_cst); }

void ResponseWriter::copy_in(std::string_view bytes) {
  const std::size_t at = written_ & (ring_.size() - 1);
  const std::size_t first = std::min(bytes.size(), ring_.size() - at);
  if (first != 0) std::memcpy(ring_.data() + at, bytes.data(), first);
  if (first != bytes.size()) std::memcpy(ring_.data(), bytes.data() + first, bytes.size() - first);
  written_ += bytes.size();
}

void Record::append_to(std::string& text) const {
  text.append(parts[0]);
  text.append(parts[1]);
}

std::string Record::text() const {
  std::string text;
  text.reserve(size());
  append_to(text);
  return text;
}

void ResponseReader::begin(std::uint64_t position) {
  read_ = position;
  slot_.written.store(read_, std::memory_order_relaxed);
  slot_.read.store(read_, std::memory_order_relaxed);
  given_back_ = read_;
}

ResponseReader::Next ResponseReader::next(Record& record) {
  const std::uint64_t written = slot_.written.load(std::memory_order_acquire);
  if (written == read_) return Next::kNone;
  if (written - given_back_ > ring_.size()) return Next::kBroken;
  const std::uint64_t available = written - read_;
  // More than the ring: `written` has gone back to before `read_`.
  if (available > ring_.size() || available < sizeof(RecordHeader)) return Next::kBroken;
  const RecordHeader header = header_at(read_);
  const bool is_known = header.kind >= static_cast<std::uint32_t>(RecordKind::kInterim) &&
                        header.kind <= static_cast<std::uint32_t>(RecordKind::kEnd);
  if (!is_known || header.length > ring_.size() / 2) return Next::kBroken;
  if (record_bytes(header.length) > available) return Next::kBroken;
  record.kind = static_cast<RecordKind>(header.kind);
  const std::uint64_t begin = read_ + sizeof header;
  record.parts[0] = at(begin, header.length);
  record.parts[1] = at(begin + record.parts[0].size(), header.length - record.parts[0].size());
  read_ += record_bytes(header.length);
  return Next::kRecord;
}

// What lies there up to the ring's end.
std::string_view ResponseReader::at(std::uint64_t position, std::size_t length) const {
  const std::size_t offset = position & (ring_.size() - 1);
  return {ring_.data() + offset, std::min(length, ring_.size() - offset)};
}

// One load, as the worker may change it meanwhile. A header never lies around the end: all records
// are multiples of its size.
RecordHeader ResponseReader::header_at(std::uint64_t position) const {
  static_assert(sizeof(RecordHeader) == sizeof(std::uint64_t));
  char* const bytes = ring_.data() + (position & (ring_.size() - 1));
  const std::atomic_ref<std::uint64_t> word(*reinterpret_cast<std::uint64_t*>(bytes));
  return std::bit_cast<RecordHeader>(word.load(std::memory_order_relaxed));
}

bool ResponseReader::give_back() {
  if (given_back_ == read_) return false;
  given_back_ = read_;
  slot_.read.store(read_, std::memory_order_release);
  slot_.progress.fetch_add(1, std::memory_order_seq_cst);
  return slot_.waits.load(std::memory_order_seq_cst) != 0;
}

std::string encode(const http::ResponseHead& head) {
  std::string text = std::to_string(head.status);
  text += ' ';
  text += head.reason;
  text += "\r\n";
  text += head.text;
  return text;
}

HeadParts::HeadParts(const http::ResponseHead& head)
    : status_{static_cast<char>('0' + head.status / 100),
              static_cast<char>('0' + head.status / 10 % 10),
              static_cast<char>('0' + head.status % 10), ' '},
      parts_{std::string_view(status_.data(), status_.size()), head.reason, "\r\n", head.text} {
  for (const std::string_view part : parts_) size_ += part.size();
}

namespace {

// False: the line has no status of three digits, or a control byte.
bool take_status(std::string_view line, http::ResponseHead& head) {
  if (line.size() < 4 || line[3] != ' ') return false;
  int status = 0;
  for (const char c : line.substr(0, 3)) {
    if (!http::is_digit(c)) return false;
    status = status * 10 + (c - '0');
  }
  if (status < kLeastStatus || status > kMostStatus) return false;
  head.status = status;
  head.reason = line.substr(4);
  return http::is_field_value(head.reason);
}

}  // namespace

// The lines are taken as they are, because they are those of a head already: only the places of
// names and values are made anew.
bool decode(std::string_view text, http::ResponseHead& head) {
  head.clear();
  const std::size_t first = text.find("\r\n");
  if (first == std::string_view::npos || !take_status(text.substr(0, first), head)) return false;
  text.remove_prefix(first + 2);
  for (std::size_t at = 0; at != text.size();) {
    const std::size_t end = text.find("\r\n", at);
    if (end == std::string_view::npos) return false;
    const std::string_view line = text.substr(at, end - at);
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos) return false;
    const std::string_view value = line.substr(colon + 2);
    if (!http::is_token(line.substr(0, colon)) || !http::is_field_value(value)) return false;
    if (http::trim_ows(value).size() != value.size()) return false;
    head.fields.push_back({.name = {.offset = static_cast<std::uint32_t>(at),
                                    .length = static_cast<std::uint32_t>(colon)},
                           .value = {.offset = static_cast<std::uint32_t>(at + colon + 2),
                                     .length = static_cast<std::uint32_t>(value.size())}});
    at = end + 2;
  }
  head.text = text;
  return true;
}

}  // namespace tusk::exec::process
