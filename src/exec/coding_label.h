// The label under which metrics count a content coding.
//
// Pure. Thread: any.
#pragma once

#include "http/accept_encoding.h"
#include "observe/metrics_list.h"

namespace tusk::exec {

// For a coding other than identity.
constexpr observe::Coding metric_label(http::ContentCoding coding) {
  switch (coding) {
    case http::ContentCoding::kIdentity:
    case http::ContentCoding::kGzip:
      break;
    case http::ContentCoding::kBrotli:
      return observe::Coding::kBrotli;
    case http::ContentCoding::kZstd:
      return observe::Coding::kZstd;
  }
  return observe::Coding::kGzip;
}

}  // namespace tusk::exec
