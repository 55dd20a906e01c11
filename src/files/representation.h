// Representation: one version of a file's content in one content coding, and what a response says
// of it.
//
// Thread: any; not changed once it is made. Held by shared_ptr: the cache lets go of it when the
// file changes or others need its place, while responses that are being sent, and a thread that
// compresses it, still read from it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/unique_fd.h"
#include "files/document_root.h"
#include "http/accept_encoding.h"
#include "http/response.h"

namespace tusk::files {

struct Representation {
  FileInfo info;      // of the file that it was made from
  base::UniqueFd fd;  // the content, or
  std::string bytes;  // the content, when there is no fd
  std::uint64_t size_bytes = 0;

  http::ContentCoding coding = http::ContentCoding::kIdentity;
  bool made_here = false;          // by compressing the original; else its file holds it
  bool may_be_compressed = false;  // in other codings, when somebody asks for them
  std::string content_type;
  std::string tag;                    // strong (RFC 9110 §8.8.3)
  std::int64_t modified_seconds = 0;  // Last-Modified
  http::ResponseHead head;            // of a 200

  // Whether the file behind `fd` has not been written to since. Always so without one.
  bool is_current() const noexcept;
};

using RepresentationRef = std::shared_ptr<const Representation>;

// A strong validator: changes when the file is written to, replaced or switched for another.
std::string entity_tag(const FileInfo& info);

}  // namespace tusk::files
