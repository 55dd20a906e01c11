#include "console/http_answer.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace tusk::console {

namespace {

bool equal_without_case(std::string_view one, std::string_view other) {
  return std::ranges::equal(one, other, [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) ==
           std::tolower(static_cast<unsigned char>(b));
  });
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char each) { return static_cast<char>(std::tolower(each)); });
  return result;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

template <class Number>
bool parse(std::string_view text, Number& number, int base = 10) {
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number, base);
  return parsed.ec == std::errc() && parsed.ptr == end;
}

}  // namespace

HttpAnswer::Progress HttpAnswer::take(std::string_view bytes) {
  received_.append(bytes);
  if (part_ == Part::kHead) {
    const Progress progress = take_head();
    if (progress != Progress::kDone) return progress;
  }
  const Progress progress = take_body();
  received_.erase(0, at_);
  at_ = 0;
  return progress;
}

HttpAnswer::Progress HttpAnswer::end() {
  return part_ == Part::kUpToEnd || part_ == Part::kDone ? Progress::kDone : Progress::kWrong;
}

HttpAnswer::Progress HttpAnswer::take_head() {
  const std::size_t end = received_.find("\r\n\r\n");
  if (end == std::string::npos) {
    return received_.size() > kMostHeadBytes ? Progress::kWrong : Progress::kMore;
  }
  std::string_view line;
  // "HTTP/1.1 200 OK"
  (void)take_line(line);
  if (!line.starts_with("HTTP/1.") || line.size() < 12 || !parse(line.substr(9, 3), status_)) {
    return Progress::kWrong;
  }
  while (take_line(line) && !line.empty()) {
    if (!take_field(line)) return Progress::kWrong;
  }
  // RFC 9110 §15.2: any number of them comes before the answer.
  if (status_ < 200) {
    received_.erase(0, at_);
    at_ = 0;
    fields_.clear();
    return take_head();
  }
  // RFC 9112 §6.3: whatever the fields say.
  if (request_ == To::kHead || status_ == 204 || status_ == 304) {
    part_ = Part::kDone;
    return Progress::kDone;
  }
  part_ = chunked_ ? Part::kChunkSize : has_length_ ? Part::kLength : Part::kUpToEnd;
  return Progress::kDone;
}

bool HttpAnswer::take_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  fields_.emplace_back(lower(name), value);
  if (equal_without_case(name, "content-length")) {
    has_length_ = true;
    return parse(value, left_) && left_ <= kMostBodyBytes;
  }
  if (equal_without_case(name, "transfer-encoding")) {
    chunked_ = true;
    return equal_without_case(value, "chunked");
  }
  if (equal_without_case(name, "connection")) closes_ = equal_without_case(value, "close");
  return true;
}

// False: the line is not complete yet.
bool HttpAnswer::take_line(std::string_view& line) {
  const std::size_t end = received_.find("\r\n", at_);
  if (end == std::string::npos) return false;
  line = std::string_view(received_).substr(at_, end - at_);
  at_ = end + 2;
  return true;
}

bool HttpAnswer::take_chunk_size(std::string_view line) {
  // An extension may follow the size.
  return parse(trimmed(line.substr(0, line.find(';'))), left_, 16) &&
         left_ <= kMostBodyBytes - body_.size();
}

void HttpAnswer::move_body(std::size_t bytes) {
  body_.append(received_, at_, bytes);
  at_ += bytes;
}

HttpAnswer::Progress HttpAnswer::take_body() {
  std::string_view line;
  for (;;) {
    const std::size_t here = received_.size() - at_;
    switch (part_) {
      case Part::kLength:
      case Part::kChunk:
        move_body(std::min(left_, here));
        left_ -= std::min(left_, here);
        if (left_ > 0) return Progress::kMore;
        part_ = part_ == Part::kChunk ? Part::kChunkEnd : Part::kDone;
        break;
      case Part::kUpToEnd:
        closes_ = true;
        if (here > kMostBodyBytes - body_.size()) return Progress::kWrong;
        move_body(here);
        return Progress::kMore;
      case Part::kChunkSize:
      case Part::kChunkEnd:
      case Part::kTrailer:
        if (!take_line(line)) return here > kMostHeadBytes ? Progress::kWrong : Progress::kMore;
        if (part_ == Part::kChunkEnd) {
          if (!line.empty()) return Progress::kWrong;
          part_ = Part::kChunkSize;
        } else if (part_ == Part::kTrailer) {
          if (line.empty()) part_ = Part::kDone;
        } else if (!take_chunk_size(line)) {
          return Progress::kWrong;
        } else {
          part_ = left_ == 0 ? Part::kTrailer : Part::kChunk;
        }
        break;
      case Part::kHead:
      case Part::kDone:
        return Progress::kDone;
    }
  }
}

}  // namespace tusk::console
