// Text from outside made safe for a terminal: no byte of it can move the cursor, change colours or
// the direction of writing, or end a line.
//
// Thread: any; pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tusk::console {

// Charset says which characters the terminal can show.
enum class Charset { kAscii, kUtf8 };

// Decides by the variables LC_ALL, LC_CTYPE and LANG. In a terminal of another character set the
// bytes of UTF-8 could be control characters.
Charset terminal_charset();

// Control characters and what is not UTF-8 become \n, \r, \t or \xHH; format characters, such as
// those that change the direction, and what the terminal cannot show become '?'.
std::string safe_text(std::string_view text, Charset charset);

// How many columns a safe text takes.
std::size_t columns_of(std::string_view safe);

// At most `columns` of a safe text; a '~' shows that the end, or the beginning, is missing.
enum class Keep { kBeginning, kEnd };
std::string cut(std::string_view safe, std::size_t columns, Keep keep = Keep::kBeginning);

// The same, filled with blanks up to `columns`.
enum class Align { kLeft, kRight };
std::string column(std::string_view safe, std::size_t columns, Align align = Align::kLeft,
                   Keep keep = Keep::kBeginning);

}  // namespace tusk::console
