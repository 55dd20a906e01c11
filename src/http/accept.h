// Accept: which media types a client prefers (RFC 9110 §12.5.1), as far as the server has a choice.
//
// Pure functions. Thread: any.
#pragma once

#include <string_view>

namespace tusk::http {

// How much a client wants a type, from 0 to 1000, according to the value of its Accept field. The
// most specific range that matches counts. `type` is in lower case: "text/html".
int media_quality(std::string_view accept, std::string_view type);

// Whether the client should get an error as JSON and not as a page: it names a JSON type, and
// prefers it to HTML or does not accept HTML. Browsers do not do so.
bool prefers_json(std::string_view accept);

}  // namespace tusk::http
