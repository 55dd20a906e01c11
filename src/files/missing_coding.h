// missing_coding(): whether the server should compress a file for this client.
//
// Pure. Thread: any.
#pragma once

#include "files/file_loader.h"
#include "http/coding/policy.h"
#include "http/request.h"

namespace tusk::files {

// The coding that the policy offers and that the client prefers to all existing codings of the
// file; kIdentity if there is none. If the client accepts both equally, an existing sibling wins
// over a coding that would have to be made. Never for a request with Range, which is for existing
// bytes.
http::ContentCoding missing_coding(const http::RequestHead& request, const ServedFile& file,
                                   const http::coding::Policy& policy);

}  // namespace tusk::files
