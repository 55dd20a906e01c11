// FileLoader: from a path to what can be sent: opens a file, reads it when it is small, finds its
// precompressed siblings, and writes down the response's head.
//
// Owner: the FileCache. Thread: its loop. Makes 3 to 4 system calls for a file, and one more for
// each sibling that is looked for.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "files/cache_control.h"
#include "files/document_root.h"
#include "files/representation.h"
#include "http/coding/policy.h"

namespace tusk::files {

// A file in every coding that there is of it.
struct ServedFile {
  // By http::ContentCoding; identity is always there.
  std::array<RepresentationRef, http::kContentCodings> in;

  const RepresentationRef& identity() const { return in[0]; }
  // Whether what a client gets depends on its Accept-Encoding.
  bool varies() const { return in[1] != nullptr || in[2] != nullptr || in[3] != nullptr; }
};

struct LoaderSettings {
  std::uint64_t memory_file_bytes = 64 * 1024;  // files up to this size are read; 0: none
  std::string charset = "utf-8";                // of text; empty: none is said
  bool precompressed = true;                    // look for x.br, x.zst, x.gz
  // What may be compressed here later has `Vary` also where there is no sibling.
  http::coding::Policy compression{};
  CacheControl cache_control{};
};

struct LoadedFile {
  LookupOutcome outcome = LookupOutcome::kNotFound;
  int error_number = 0;
  FileInfo info;  // of kFile and kDirectory
  ServedFile file;
  // It was written to so shortly before it was read that a write after would not show in its
  // times: to be read again before it is trusted for long.
  bool fresh = false;
};

class FileLoader {
 public:
  explicit FileLoader(LoaderSettings settings) : settings_(std::move(settings)) {}

  bool looks_for_siblings(std::string_view path) const;

  // Whether the siblings that were found are still what they were.
  bool siblings_hold(const DocumentRoot& root, std::string_view path, const ServedFile& file) const;

  LoadedFile load(const DocumentRoot& root, std::string_view path) const;

  // The same content in another coding, made from `original` here. `bytes` is all of it.
  RepresentationRef encode(const Representation& original, http::ContentCoding coding,
                           std::string bytes) const;

 private:
  RepresentationRef load_sibling(const DocumentRoot& root, std::string_view path,
                                 std::string_view extension, http::ContentCoding coding,
                                 const Representation& original) const;
  bool read(FoundFile& found, Representation& into) const;
  void write_head(Representation& representation, std::string_view path, bool varies) const;

  LoaderSettings settings_;
};

}  // namespace tusk::files
