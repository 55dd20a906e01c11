#include "http/h2/priority.h"

#include "http/token.h"

namespace tusk::http::h2 {

// A dictionary of structured fields (RFC 8941 §3.2): "u=5, i", "i=?0". Members may have parameters.
void Priority::merge(std::string_view field) {
  for_each_element(field, [this](std::string_view member) {
    member = trim_ows(member.substr(0, member.find(';')));
    if (member.size() == 3 && member.starts_with("u=") && member[2] >= '0' && member[2] <= '7') {
      urgency = static_cast<std::uint8_t>(member[2] - '0');
    } else if (member == "i" || member == "i=?1") {
      incremental = true;
    } else if (member == "i=?0") {
      incremental = false;
    }
    return true;
  });
}

}  // namespace tusk::http::h2
