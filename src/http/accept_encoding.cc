#include "http/accept_encoding.h"

#include <utility>

#include "http/token.h"

namespace tusk::http {
namespace {

constexpr int kFullQuality = 1000;

std::optional<ContentCoding> coding_of(std::string_view name) {
  if (equals_lower(name, "gzip") || equals_lower(name, "x-gzip")) return ContentCoding::kGzip;
  if (equals_lower(name, "br")) return ContentCoding::kBrotli;
  if (equals_lower(name, "zstd")) return ContentCoding::kZstd;
  if (equals_lower(name, "identity")) return ContentCoding::kIdentity;
  return std::nullopt;
}

// "q=0.5", the only parameter that a coding may have. Nothing for any other text.
std::optional<int> parse_weight(std::string_view parameter) {
  parameter = trim_ows(parameter);
  if (parameter.size() < 3 || ascii_lower(parameter[0]) != 'q' || parameter[1] != '=') {
    return std::nullopt;
  }
  return parse_qvalue(parameter.substr(2));
}

void keep_first(std::int16_t& place, int quality) {
  if (place < 0) place = static_cast<std::int16_t>(quality);
}

}  // namespace

std::string_view name_of(ContentCoding coding) {
  switch (coding) {
    case ContentCoding::kIdentity:
      return "identity";
    case ContentCoding::kGzip:
      return "gzip";
    case ContentCoding::kBrotli:
      return "br";
    case ContentCoding::kZstd:
      return "zstd";
  }
  return "";
}

std::optional<int> parse_qvalue(std::string_view text) {
  if (text.empty() || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 5 || (text.size() > 1 && text[1] != '.')) return std::nullopt;
  int value = (text[0] - '0') * kFullQuality;
  int unit = kFullQuality / 10;
  for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (!is_digit(c)) return std::nullopt;
    value += (c - '0') * unit;
    unit /= 10;
  }
  return value <= kFullQuality ? std::optional(value) : std::nullopt;
}

AcceptEncoding AcceptEncoding::of(const RequestHead& request) {
  AcceptEncoding accepted;
  for (const HeaderField& field : request.fields) {
    if (field.name.length == 15 && equals_lower(request.view(field.name), "accept-encoding")) {
      accepted.add(request.view(field.value));
    }
  }
  return accepted;
}

void AcceptEncoding::add(std::string_view value) {
  for_each_element(value, [this](std::string_view element) {
    const std::size_t semicolon = element.find(';');
    const std::string_view name = trim_ows(element.substr(0, semicolon));
    int quality = kFullQuality;
    if (semicolon != std::string_view::npos) {
      const std::optional<int> weight = parse_weight(element.substr(semicolon + 1));
      if (!weight) return true;
      quality = *weight;
    }
    if (name == "*") {
      keep_first(star_, quality);
    } else if (const std::optional<ContentCoding> coding = coding_of(name)) {
      keep_first(named_[static_cast<std::size_t>(*coding)], quality);
    }
    return true;
  });
}

int AcceptEncoding::quality(ContentCoding coding) const {
  const int named = named_[static_cast<std::size_t>(coding)];
  if (named >= 0) return named;
  if (coding == ContentCoding::kIdentity) return star_ == 0 ? 0 : kFullQuality;
  return star_ > 0 ? star_ : 0;
}

bool AcceptEncoding::covers_only_by_star(ContentCoding coding) const {
  return named_[static_cast<std::size_t>(coding)] < 0;
}

ContentCoding AcceptEncoding::choose(std::span<const ContentCoding> offers) const {
  // Quality first, then codings that were named, then gzip before others that were not named.
  const auto rank = [this](ContentCoding coding) {
    const bool unnamed = covers_only_by_star(coding);
    return std::pair(quality(coding), unnamed ? (coding == ContentCoding::kGzip ? 1 : 0) : 2);
  };
  ContentCoding best = ContentCoding::kIdentity;
  std::pair<int, int> best_rank{0, 0};
  for (const ContentCoding offer : offers) {
    const std::pair<int, int> offered = rank(offer);
    if (offer == ContentCoding::kIdentity || offered.first == 0) continue;
    if (best == ContentCoding::kIdentity || offered > best_rank) {
      best = offer;
      best_rank = offered;
    }
  }
  const int identity = named_[static_cast<std::size_t>(ContentCoding::kIdentity)];
  return identity > best_rank.first ? ContentCoding::kIdentity : best;
}

}  // namespace tusk::http
