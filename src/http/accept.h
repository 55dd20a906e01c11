// What kind of content a client asks for (RFC 9110 §12.5.1), as far as the server has a choice.
//
// Pure functions. Thread: any.
#pragma once

#include <string_view>

namespace tusk::http {

// How much a client wants a type, by the value of its Accept field: 0 to 1000. The range that names
// it most exactly counts. `type` in lower case: "text/html".
int media_quality(std::string_view accept, std::string_view type);

// Whether an error is better told to it as JSON than as a page: it names a JSON type, and wants no
// HTML, or less of it. Browsers do not.
bool prefers_json(std::string_view accept);

}  // namespace tusk::http
