// Roff: a manual page while it is written, in the language of man(7).
//
// Thread: any; plain data.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace tusk::app::manual {

class Roff {
 public:
  // "TUSK", "1", "what it is".
  Roff(std::string_view title, std::string_view section, std::string_view manual);

  void heading(std::string_view text);
  void subheading(std::string_view text);
  void paragraph(std::string_view text);
  // A term in bold, and its text, indented.
  void item(std::string_view term, std::string_view text);
  // A further paragraph of an item.
  void more(std::string_view text);
  // Lines as they are.
  void verbatim(std::string_view text);

  std::string take() { return std::move(text_); }

 private:
  void line(std::string_view text);

  std::string text_;
};

}  // namespace tusk::app::manual
