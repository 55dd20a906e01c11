// FileEncodings: the files and texts that are being compressed.
//
// Owner: app::ServingLoop. Thread: its loop.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "files/file_cache.h"
#include "files/missing_coding.h"
#include "http/coding/policy.h"
#include "net/loop.h"
#include "net/wakeup.h"
#include "server/answers/file_encoder.h"

namespace tusk::server::answers {

// Has files and texts compressed, and wakes the transactions that wait for them.
//
// A file is compressed once for all requests that wait for it, and the file cache keeps the result.
// A file that does not get smaller is remembered and not tried again.
class FileEncodings {
 public:
  // How many files that do not get smaller are remembered.
  static constexpr std::size_t kMaxIncompressible = 1024;

  // One transaction's wait. Raises Wakeup::kEncoded when it ends.
  class Wait {
   public:
    Wait(FileEncodings& encodings, net::Wakeup& wakeup) : encodings_(encodings), wakeup_(wakeup) {}
    ~Wait() { encodings_.forget(*this); }
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;

    bool done() const { return done_; }
    // Null: send the file uncompressed.
    const files::RepresentationRef& result() const { return result_; }

   private:
    friend class FileEncodings;
    FileEncodings& encodings_;
    net::Wakeup& wakeup_;
    bool done_ = false;
    files::RepresentationRef result_;
  };

  FileEncodings(net::Loop& loop, files::FileCache& cache, FileEncoder& encoder,
                const http::coding::Policy& policy)
      : loop_(loop), cache_(cache), encoder_(encoder), policy_(policy) {}
  FileEncodings(const FileEncodings&) = delete;
  FileEncodings& operator=(const FileEncodings&) = delete;

  // Returns the coding in which the file should be compressed before it is sent; identity: none.
  http::ContentCoding wanted(const http::RequestHead& request, const files::ServedFile& file) const;

  // The same for a text that is not a file. Adds Vary to its head `response` if the coding depends
  // on the client.
  http::ContentCoding wanted_of_text(const http::RequestHead& request, http::ResponseHead& response,
                                     std::uint64_t size_bytes) const;

  // Has a file of the cache compressed. False: too many are pending, and `wait` has not begun.
  bool make(std::uint64_t root, std::string_view path, const files::RepresentationRef& original,
            http::ContentCoding coding, Wait& wait);
  // The same for a text, which the cache does not know: the caller keeps the result.
  bool make(const files::RepresentationRef& text, http::ContentCoding coding, Wait& wait) {
    return make(0, {}, text, coding, wait);
  }

 private:
  using Key = std::pair<const files::Representation*, http::ContentCoding>;
  struct Pending {
    std::uint64_t root = 0;
    std::string path;  // in the cache; empty: a text, which is not there
    files::RepresentationRef original;
    std::vector<Wait*> waits;
  };

  void finished(const Key& key, std::string bytes);
  void forget(Wait& wait);

  net::Loop& loop_;
  files::FileCache& cache_;
  FileEncoder& encoder_;
  const http::coding::Policy& policy_;
  std::map<Key, Pending> pending_;
  std::set<std::pair<std::string, http::ContentCoding>> incompressible_;  // by entity tag
};

}  // namespace tusk::server::answers
