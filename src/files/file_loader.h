// FileLoader: opens files for the file cache.
//
// Owner: the FileCache. Thread: its loop.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "files/cache_control.h"
#include "files/content_usage.h"
#include "files/document_root.h"
#include "files/representation.h"
#include "http/coding/policy.h"

namespace tusk::files {

// A file in all codings that exist of it.
struct ServedFile {
  // Indexed by http::ContentCoding; identity always exists.
  std::array<RepresentationRef, http::kContentCodings> in;

  const RepresentationRef& identity() const { return in[0]; }
  // Whether the response depends on the client's Accept-Encoding.
  bool varies() const { return in[1] != nullptr || in[2] != nullptr || in[3] != nullptr; }
};

struct LoaderSettings {
  std::uint64_t memory_file_bytes = 64 * 1024;  // files up to this size are read; 0: none
  std::string charset = "utf-8";                // of text files; empty: not sent
  bool precompressed = true;                    // look for x.br, x.zst, x.gz
  // A file that may be compressed later gets `Vary` even without a sibling.
  http::coding::Policy compression{};
  CacheControl cache_control{};
};

struct LoadedFile {
  LookupOutcome outcome = LookupOutcome::kNotFound;
  int error_number = 0;
  FileInfo info;  // of kFile and kDirectory
  ServedFile file;
  // The file was changed so shortly before it was read that a later change may not alter its times:
  // it must be read again before it is trusted for long.
  bool fresh = false;
};

// Makes a path into a file that can be sent: opens the file, reads it if it is small, finds its
// precompressed siblings, and prepares the response's head.
//
// It makes 3 to 4 system calls for a file, and one for each possible sibling.
class FileLoader {
 public:
  // `usage` counts the contents of files; null: nobody does.
  explicit FileLoader(LoaderSettings settings, ContentUsage* usage = nullptr)
      : settings_(std::move(settings)), usage_(usage) {}

  bool looks_for_siblings(std::string_view path) const;

  // Whether the siblings that were found are unchanged.
  bool siblings_hold(const DocumentRoot& root, std::string_view path, const ServedFile& file) const;

  LoadedFile load(const DocumentRoot& root, std::string_view path) const;

  // Makes a representation in another coding; `bytes` is the whole encoded content of `original`.
  RepresentationRef encode(const Representation& original, http::ContentCoding coding,
                           std::string bytes) const;

 private:
  RepresentationRef load_sibling(const DocumentRoot& root, std::string_view path,
                                 std::string_view extension, http::ContentCoding coding,
                                 const Representation& original) const;
  enum class Read : std::uint8_t { kDone, kChanged, kNoRoom };
  Read read(FoundFile& found, Representation& into) const;
  bool keep_open(FoundFile& found, Representation& into) const;
  // Whether the response depends on the request's Accept-Encoding.
  enum class Varies : std::uint8_t { kNo, kYes };
  void write_head(Representation& representation, std::string_view path, Varies varies) const;

  LoaderSettings settings_;
  ContentUsage* usage_;
};

}  // namespace tusk::files
