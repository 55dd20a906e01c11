// The label by which metrics count a content coding.
//
// Pure. Thread: any.
#pragma once

#include "http/accept_encoding.h"
#include "observe/metrics_list.h"

namespace tusk::exec {

// Of a coding other than identity.
constexpr observe::Coding metric_label(http::ContentCoding coding) {
  switch (coding) {
    case http::ContentCoding::identity:
    case http::ContentCoding::gzip:
      break;
    case http::ContentCoding::brotli:
      return observe::Coding::kBrotli;
    case http::ContentCoding::zstd:
      return observe::Coding::kZstd;
  }
  return observe::Coding::kGzip;
}

}  // namespace tusk::exec
