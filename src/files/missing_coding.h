// missing_coding(): whether a file should first be compressed here for the client that asks for it.
//
// Pure. Thread: any.
#pragma once

#include "files/file_loader.h"
#include "http/coding/policy.h"
#include "http/request.h"

namespace tusk::files {

// The coding that the client prefers to all that there is of the file, and that the policy offers;
// identity: none. A sibling of the file goes before what would have to be made, where the client
// takes both alike. Ranges are of what there is: none for a request with Range.
http::ContentCoding missing_coding(const http::RequestHead& request, const ServedFile& file,
                                   const http::coding::Policy& policy);

}  // namespace tusk::files
