#include "server/answers/file_encoder.h"

#include <cerrno>
#include <new>
#include <string_view>
#include <utility>

#include <unistd.h>

#include "exec/coding_label.h"

namespace tusk::server::answers {

namespace {

bool read_all(int fd, std::uint64_t size, std::string& bytes) {
  bytes.resize(size);
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got =
        ::pread(fd, bytes.data() + have, bytes.size() - have, static_cast<off_t>(have));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    have += static_cast<std::size_t>(got);
  }
  return true;
}

}  // namespace

bool FileEncoder::submit(files::RepresentationRef original, http::ContentCoding coding, Done done) {
  return thread_.submit([this, job = Job{std::move(original), coding, std::move(done)}] {
    std::string encoded;
    try {
      encoded = encode(job);
    } catch (const std::bad_alloc&) {
      // The file is sent as it is.
    }
    job.done(std::move(encoded));
  });
}

std::string FileEncoder::encode(const Job& job) {
  const files::Representation& original = *job.original;
  std::string read;
  std::string_view content = original.bytes;
  if (original.fd) {
    if (!read_all(original.fd.get(), original.size_bytes, read) || !original.is_current()) {
      return {};
    }
    content = read;
  }
  std::string encoded;
  if (!encoder_.encode(job.coding, content, encoded) || encoded.size() >= content.size()) return {};
  metrics_.compression_begun(exec::metric_label(job.coding));
  metrics_.compressed(exec::metric_label(job.coding), content.size(), encoded.size());
  encoded.shrink_to_fit();
  return encoded;
}

}  // namespace tusk::server::answers
