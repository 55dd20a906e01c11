#include "app/manual/roff.h"

namespace tusk::app::manual {

namespace {

// A hyphen is a minus, so that what is copied from the page works, and no line is a request.
std::string escaped(std::string_view text) {
  std::string result;
  bool is_line_start = true;
  for (const char each : text) {
    if (is_line_start && (each == '.' || each == '\'')) result += "\\&";
    is_line_start = each == '\n';
    if (each == '\\') {
      result += "\\e";
    } else if (each == '-') {
      result += "\\-";
    } else {
      result += each;
    }
  }
  return result;
}

}  // namespace

Roff::Roff(std::string_view title, std::string_view section, std::string_view manual) {
  // Without a date: the same sources make the same page.
  text_ = ".TH " + std::string(title) + " " + std::string(section) +
          " \"\" \"tusk " TUSK_VERSION "\" \"" + std::string(manual) + "\"\n";
  text_ += ".nh\n.ad l\n";
}

void Roff::line(std::string_view text) { text_ += escaped(text) + "\n"; }

void Roff::heading(std::string_view text) { text_ += ".SH " + std::string(text) + "\n"; }

void Roff::subheading(std::string_view text) { text_ += ".SS " + std::string(text) + "\n"; }

void Roff::paragraph(std::string_view text) {
  text_ += ".PP\n";
  line(text);
}

void Roff::item(std::string_view term, std::string_view text) {
  text_ += ".TP\n\\fB" + escaped(term) + "\\fR\n";
  line(text);
}

void Roff::more(std::string_view text) {
  text_ += ".IP\n";
  line(text);
}

void Roff::verbatim(std::string_view text) {
  text_ += ".PP\n.nf\n";
  text_ += escaped(text);
  if (!text.ends_with('\n')) text_ += '\n';
  text_ += ".fi\n";
}

}  // namespace tusk::app::manual
