#include "files/preconditions.h"

#include <optional>

#include "http/date.h"
#include "http/entity_tag.h"
#include "http/token.h"

namespace tusk::files {

Preconditions::Preconditions(const http::RequestHead& request) : request_(request) {
  int ranges = 0;
  for (const http::HeaderField& field : request.fields) {
    const std::string_view name = request.view(field.name);
    const auto is = [name](std::string_view lower) { return http::equals_lower(name, lower); };
    switch (name.size()) {
      case 5:
        if (is("range")) {
          range_ = request.view(field.value);
          ++ranges;
        }
        break;
      case 8:
        if (is("if-match")) has_match_ = true;
        if (is("if-range")) {
          has_if_range_ = true;
          if_range_ = request.view(field.value);
        }
        break;
      case 13:
        if (is("if-none-match")) has_none_match_ = true;
        break;
      case 17:
        if (is("if-modified-since")) modified_since_ = request.view(field.value);
        break;
      case 19:
        if (is("if-unmodified-since")) unmodified_since_ = request.view(field.value);
        break;
      default:
        break;
    }
  }
  // Two Range fields are malformed; it is unclear which was meant.
  if (ranges > 1) range_ = {};
}

bool Preconditions::any_tag_matches(std::string_view name, std::string_view tag,
                                    http::TagComparison comparison) const {
  for (const http::HeaderField& field : request_.fields) {
    if (!http::equals_lower(request_.view(field.name), name)) continue;
    if (http::matches_tag_list(request_.view(field.value), tag, comparison)) return true;
  }
  return false;
}

PreconditionOutcome Preconditions::evaluate(const Validators& file, std::int64_t now) const {
  if (has_match_) {
    if (!any_tag_matches("if-match", file.tag, http::TagComparison::kStrong)) {
      return PreconditionOutcome::kFailed;
    }
  } else if (!unmodified_since_.empty()) {
    const std::optional<std::int64_t> since = http::parse_date(unmodified_since_, now);
    if (since && file.modified_seconds > *since) return PreconditionOutcome::kFailed;
  }
  if (has_none_match_) {
    if (any_tag_matches("if-none-match", file.tag, http::TagComparison::kWeak)) {
      return PreconditionOutcome::kNotModified;
    }
  } else if (!modified_since_.empty()) {
    const std::optional<std::int64_t> since = http::parse_date(modified_since_, now);
    if (since && file.modified_seconds <= *since) return PreconditionOutcome::kNotModified;
  }
  return PreconditionOutcome::kSend;
}

std::string_view Preconditions::range(const Validators& file, std::int64_t now) const {
  if (range_.empty() || !has_if_range_) return range_;
  if (http::is_entity_tag(if_range_)) {
    return http::same_entity_tag(if_range_, file.tag, http::TagComparison::kStrong)
               ? range_
               : std::string_view();
  }
  const std::optional<std::int64_t> date = http::parse_date(if_range_, now);
  return date && *date == file.modified_seconds ? range_ : std::string_view();
}

}  // namespace tusk::files
