#include "server/response_writer.h"

#include <algorithm>

namespace tusk::server {

namespace {

// After this many bytes of a file, check that the file is still the version in the head.
constexpr std::uint64_t kFileBytesBetweenLooks = 256 * 1024;

}  // namespace

void ResponseWriter::reset() {
  plan_ = {};
  appended_.clear();
  status_ = 0;
  body_bytes_ = 0;
}

void ResponseWriter::begin(const http::RequestHead* request, const http::ResponseHead& head,
                           const http::Framing& framing) {
  status_ = head.status;
  if (appended_.empty()) [[likely]] {
    plan_ = sink_.begin(request, head, framing);
    return;
  }
  http::Framing with_appended = framing;
  if (framing.kind == http::Framing::Kind::kKnown) with_appended.content_length += appended_.size();
  plan_ = sink_.begin(request, head, with_appended);
  if (!plan_.allowed) appended_.clear();
  // The head announces all.
  if (plan_.length) *plan_.length -= std::min<std::uint64_t>(*plan_.length, appended_.size());
}

// Sends the last bytes of the body, then what was appended.
base::Task<bool> ResponseWriter::end_with_appended(std::string_view last) {
  const bool sent = co_await sink_.send(last, Next::kNow);
  if (!sent) co_return false;
  body_bytes_ += appended_.size();
  co_return co_await sink_.send(appended_, Next::kEnd);
}

// How many of `size` bytes may be sent. Takes them off the announced length.
std::uint64_t ResponseWriter::clip(std::uint64_t size) {
  if (!plan_.allowed) return 0;
  if (!plan_.length) return size;
  size = std::min(size, *plan_.length);
  *plan_.length -= size;
  return size;
}

base::Task<bool> ResponseWriter::send(std::string_view bytes, Next next) {
  const std::string_view clipped = bytes.substr(0, clip(bytes.size()));
  body_bytes_ += clipped.size();
  if (next == Next::kEnd && !appended_.empty()) return end_with_appended(clipped);
  return sink_.send(clipped, next);
}

base::Task<bool> ResponseWriter::send_file(int fd, std::uint64_t offset, std::uint64_t length,
                                           Next next) {
  length = clip(length);
  body_bytes_ += length;
  return sink_.send_file(fd, offset, length, next);
}

base::Task<bool> ResponseWriter::finish(std::string_view rest) {
  const std::string_view clipped = rest.substr(0, clip(rest.size()));
  body_bytes_ += clipped.size();
  const bool complete = !plan_.allowed || plan_.length.value_or(0) == 0;
  if (complete && !appended_.empty()) co_return co_await end_with_appended(clipped);
  const bool sent = co_await sink_.send(clipped, complete ? Next::kEnd : Next::kLater);
  co_return sent&& complete;
}

base::Task<bool> ResponseWriter::send_whole_file(const files::FileBody& file) {
  if (!plan_.allowed || file.empty()) return send({}, Next::kEnd);
  return send_slices(file);
}

base::Task<bool> ResponseWriter::send_slices(const files::FileBody& file) {
  const std::size_t count = file.slice_count();
  for (std::size_t i = 0; i < count; ++i) {
    const bool ends = i + 1 == count && appended_.empty();
    const bool sent = co_await send_slice(file, file.slice(i), ends ? Next::kEnd : Next::kNow);
    if (!sent) co_return false;
  }
  if (!appended_.empty()) co_return co_await end_with_appended({});
  co_return true;
}

// If the file is written to while it is sent, the response is broken off, since the rest would be
// of another version.
base::Task<bool> ResponseWriter::send_slice(const files::FileBody& file, files::BodySlice slice,
                                            Next after) {
  if (slice.fd < 0) {
    body_bytes_ += slice.bytes.size();
    co_return co_await sink_.send(slice.bytes, after);
  }
  while (slice.length > 0) {
    const std::uint64_t length = std::min(slice.length, kFileBytesBetweenLooks);
    const bool ends = length == slice.length;
    const bool sent =
        co_await sink_.send_file(slice.fd, slice.offset, length, ends ? after : Next::kNow);
    if (!sent || !file.is_current()) co_return false;
    body_bytes_ += length;
    slice.offset += length;
    slice.length -= length;
  }
  co_return true;
}

}  // namespace tusk::server
