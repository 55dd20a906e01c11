#include "observe/log_text.h"

#include <cmath>
#include <concepts>
#include <iterator>
#include <type_traits>
#include <variant>

#include <fmt/format.h>

#include "observe/escape.h"
#include "observe/message_name.h"

namespace tusk::observe {

namespace {

void append_text_value(std::string& out, std::string_view value) {
  const bool plain = !value.empty() && value.find_first_of(" \"=\\") == std::string_view::npos;
  if (!plain) out.push_back('"');
  append_text_escaped(out, value, plain ? Quoting::kNone : Quoting::kInQuotes);
  if (!plain) out.push_back('"');
}

void append_value(std::string& out, const Field::Value& value, LogFormat format) {
  const auto append = [&](const auto& given) {
    using T = std::decay_t<decltype(given)>;
    if constexpr (std::same_as<T, JsonText>) {
      format == LogFormat::kJson ? void(out.append(given.text))
                                 : append_text_value(out, given.text);
    } else if constexpr (std::same_as<T, std::string_view>) {
      format == LogFormat::kJson ? append_json_string(out, given) : append_text_value(out, given);
    } else if constexpr (std::same_as<T, double>) {
      if (std::isfinite(given)) {
        fmt::format_to(std::back_inserter(out), "{}", given);
      } else {
        out += "null";
      }
    } else {
      fmt::format_to(std::back_inserter(out), "{}", given);
    }
  };
  std::visit(append, value);
}

// A stack trace can be megabytes long; its beginning and its end identify it.
constexpr std::size_t kMaxTextBytes = 16 * 1024;
constexpr std::size_t kKeptEndBytes = 2 * 1024;

// `text`, or a shortened copy in `buffer`.
std::string_view clip(std::string_view text, std::string& buffer) {
  if (text.size() <= kMaxTextBytes) return text;
  const std::size_t kept_begin = kMaxTextBytes - kKeptEndBytes;
  buffer.assign(text.substr(0, kept_begin));
  fmt::format_to(std::back_inserter(buffer), " [{} bytes left out] ", text.size() - kMaxTextBytes);
  buffer.append(text.substr(text.size() - kKeptEndBytes));
  return buffer;
}

}  // namespace

std::string log_text(std::string_view whole_message, std::span<const Field> fields,
                     LogFormat format) {
  std::string clipped;
  const std::string_view message = clip(whole_message, clipped);
  std::string body;
  body.reserve(message.size() + 32 + fields.size() * 32);
  if (format == LogFormat::kJson) {
    append_json_string(body, message_name());
    body.push_back(':');
    append_json_string(body, message);
  } else {
    append_text_escaped(body, message);
  }
  for (const Field& field : fields) {
    if (field.key.empty()) continue;
    if (format == LogFormat::kJson) {
      body.push_back(',');
      append_json_string(body, field.key);
      body.push_back(':');
    } else {
      body.push_back(' ');
      append_text_escaped(body, field.key);
      body.push_back('=');
    }
    append_value(body, field.value, format);
  }
  return body;
}

}  // namespace tusk::observe
