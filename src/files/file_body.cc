#include "files/file_body.h"

namespace tusk::files {

FileBody::FileBody(RepresentationRef source, const std::vector<http::ByteRange>& ranges,
                   std::string_view boundary)
    : source_(std::move(source)) {
  parts_.reserve(ranges.size());
  for (const http::ByteRange range : ranges) {
    Part& part = parts_.emplace_back();
    part.range = range;
    part.head.append("\r\n--").append(boundary);
    part.head.append("\r\nContent-Type: ").append(source_->content_type);
    part.head.append("\r\nContent-Range: ");
    http::append_content_range(part.head, range, source_->size_bytes);
    part.head.append("\r\n\r\n");
  }
  end_.append("\r\n--").append(boundary).append("--\r\n");
}

std::uint64_t FileBody::size() const noexcept {
  if (source_ == nullptr) return 0;
  if (parts_.empty()) return range_.length();
  std::uint64_t size = end_.size();
  for (const Part& part : parts_) size += part.head.size() + part.range.length();
  return size;
}

ContentAmount FileBody::holds() const noexcept {
  if (source_ == nullptr) return {};
  if (source_->fd) return {.descriptors = 1};
  return {.bytes = source_->bytes.size()};
}

std::size_t FileBody::slice_count() const noexcept {
  if (source_ == nullptr) return 0;
  return parts_.empty() ? 1 : 2 * parts_.size() + 1;
}

BodySlice FileBody::slice(std::size_t index) const noexcept {
  if (parts_.empty()) return content(range_);
  if (index == 2 * parts_.size()) return {.bytes = end_, .length = end_.size()};
  const Part& part = parts_[index / 2];
  if (index % 2 == 0) return {.bytes = part.head, .length = part.head.size()};
  return content(part.range);
}

BodySlice FileBody::content(http::ByteRange range) const noexcept {
  if (source_->fd) {
    return {.fd = source_->fd.get(), .offset = range.first, .length = range.length()};
  }
  return {.bytes = std::string_view(source_->bytes).substr(range.first, range.length()),
          .offset = range.first,
          .length = range.length()};
}

}  // namespace tusk::files
