// Representation: a file in one content coding.
//
// Thread: any; constant once made.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/unique_fd.h"
#include "files/content_usage.h"
#include "files/document_root.h"
#include "http/accept_encoding.h"
#include "http/response.h"

namespace tusk::files {

// One version of a file's content in one content coding, with its response head.
//
// It is held by shared_ptr: the cache drops it when the file changes or space is needed, while
// responses in progress, and a thread that compresses it, still read it.
struct Representation {
  FileInfo info;      // of the file that it was made from
  base::UniqueFd fd;  // the content, or else
  std::string bytes;  // the content
  std::uint64_t size_bytes = 0;
  ContentUsage::Share held;  // counts the content

  http::ContentCoding coding = http::ContentCoding::kIdentity;
  bool made_here = false;          // by compressing the original; otherwise it is from a file
  bool may_be_compressed = false;  // in other codings, when a client asks for them
  std::string content_type;
  std::string tag;                    // strong (RFC 9110 §8.8.3)
  std::int64_t modified_seconds = 0;  // Last-Modified
  http::ResponseHead head;            // of a 200

  // Whether the file behind `fd` is unchanged. Always true without an fd.
  bool is_current() const noexcept;
};

using RepresentationRef = std::shared_ptr<const Representation>;

// A strong validator: it changes when the file is written, replaced or switched.
std::string entity_tag(const FileInfo& info);

}  // namespace tusk::files
