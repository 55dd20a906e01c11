#include "files/listing_sort.h"

#include <algorithm>
#include <compare>

#include "http/token.h"

namespace tusk::files {
namespace {

using Key = ListingSort::Key;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes the number at the beginning, without leading zeros.
std::string_view take_number(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  std::string_view number = text.substr(0, end);
  text.remove_prefix(end);
  number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
  return number;
}

std::strong_ordering compare_numbers(std::string_view& a, std::string_view& b) {
  const std::string_view one = take_number(a);
  const std::string_view other = take_number(b);
  if (const auto by_length = one.size() <=> other.size(); by_length != 0) return by_length;
  return one <=> other;
}

std::strong_ordering compare_letters(std::string_view& a, std::string_view& b) {
  const auto one = static_cast<unsigned char>(http::ascii_lower(a.front()));
  const auto other = static_cast<unsigned char>(http::ascii_lower(b.front()));
  a.remove_prefix(1);
  b.remove_prefix(1);
  return one <=> other;
}

// Names that differ in case or in leading zeros alone come in the order of their bytes.
std::strong_ordering compare_names(std::string_view a, std::string_view b) {
  const std::string_view whole_a = a;
  const std::string_view whole_b = b;
  while (!a.empty() && !b.empty()) {
    const auto part =
        is_digit(a.front()) && is_digit(b.front()) ? compare_numbers(a, b) : compare_letters(a, b);
    if (part != 0) return part;
  }
  if (const auto rest = a.size() <=> b.size(); rest != 0) return rest;
  return whole_a <=> whole_b;
}

std::strong_ordering compare_by(Key key, const ListedEntry& a, const ListedEntry& b) {
  switch (key) {
    case Key::kName:
      break;
    case Key::kSize:
      // The size of a directory is not shown.
      if (!a.is_directory && a.size_bytes != b.size_bytes) return a.size_bytes <=> b.size_bytes;
      return std::strong_ordering::equal;
    case Key::kTime:
      return a.modified_seconds <=> b.modified_seconds;
  }
  return compare_names(a.name, b.name);
}

}  // namespace

ListingSort parse_listing_sort(std::string_view query) {
  ListingSort sort;
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find_first_of("&;"));
    query.remove_prefix(std::min(part.size() + 1, query.size()));
    if (part == "C=N") sort.key = Key::kName;
    if (part == "C=S") sort.key = Key::kSize;
    if (part == "C=M") sort.key = Key::kTime;
    if (part == "O=A") sort.descending = false;
    if (part == "O=D") sort.descending = true;
  }
  return sort;
}

std::string reference_of(const ListingSort& sort) {
  if (sort == ListingSort()) return "./";
  std::string reference = "?C=";
  reference += sort.key == Key::kName ? 'N' : sort.key == Key::kSize ? 'S' : 'M';
  reference += sort.descending ? "&O=D" : "&O=A";
  return reference;
}

void sort_entries(DirectoryListing& listing, const ListingSort& sort) {
  std::ranges::sort(listing.entries, [&](const ListedEntry& a, const ListedEntry& b) {
    if (a.is_directory != b.is_directory) return a.is_directory;
    const auto order = compare_by(sort.key, a, b);
    if (order != 0) return sort.descending ? order > 0 : order < 0;
    return compare_names(a.name, b.name) < 0;
  });
}

}  // namespace tusk::files
