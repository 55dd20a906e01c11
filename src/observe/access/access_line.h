// A line of the access log, made from a record and a format.
//
// Pure functions that append. Thread: any.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/access/access_format.h"
#include "observe/access/access_record.h"

namespace tusk::observe::inline access {

using base::access::AccessFormat;

// Appends a complete line with its newline. No value can end the line, or a quoted text in it: `"`,
// `\` and control bytes are written as \xHH in text, and escaped in JSON.
void append_access_line(std::string& out, const AccessRecord& record, const AccessFormat& format,
                        std::string_view service_name, std::chrono::system_clock::time_point when);

}  // namespace tusk::observe::inline access
