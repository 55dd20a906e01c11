// The encoding of a Job as bytes without pointers, for a worker in another process.
//
// A worker trusts the server's bytes, but checks the lengths: a defect must end in an error, not in
// a read beyond the memory.
//
// Thread: any.
#pragma once

#include <cstddef>
#include <span>

#include "exec/job.h"

namespace tusk::exec::process {

// How the request's body reaches the worker.
enum class BodyPlace : std::uint8_t {
  kNone,
  kInline,      // after the head
  kDescriptor,  // a file, whose descriptor is sent before the slot becomes ready
};

// A body up to this size is put into the slot. A larger one is written to a memfd first, unless it
// is in a file already.
inline constexpr std::size_t kInlineBody = std::size_t{64} * 1024;

// Where `job`'s body will be.
BodyPlace body_place(const Job& job);

// Writes the job to `out`. Returns the length; 0: it does not fit.
std::size_t encode(const Job& job, std::span<char> out);

// The decoded job, but for a body in a descriptor.
struct DecodedBody {
  BodyPlace place = BodyPlace::kNone;
  std::uint64_t size = 0;
  std::span<const char> bytes;  // kInline: in the slot, until the slot is done
};

// Fills `job` (its body excepted) and says where the body is. False: the bytes are no request.
bool decode(std::span<const char> bytes, Job& job, DecodedBody& body);

}  // namespace tusk::exec::process
