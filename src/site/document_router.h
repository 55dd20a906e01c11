// DocumentRouter: files and scripts of a site.
//
// Three modes:
//   classic     a script or a file of that name; a directory's index; else the fallback; else 404
//   framework   INDEX_FILE=x.php: a file if it exists, everything else to x.php; other .php is 404,
//               but for RUN_SCRIPTS
//   single page INDEX_FILE=x.html: a file if it exists, everything else to x.html; .php is 404
//
// Before any of them come the rules (rules/pipeline.h says in which order what happens), and
// between "there is no such file" and the fallback the rules that are for what is missing.
//
//   document_router.cc  the order in which things are tried
//   site_lookup.cc      trying one of them
//
// Owner: the app. Thread: the loop. Looks into the file system through the cache.
#pragma once

#include <string>
#include <string_view>

#include "files/file_cache.h"
#include "site/file_failures.h"
#include "site/route_trace.h"
#include "site/router.h"
#include "site/site.h"

namespace tusk::site {

class DocumentRouter final : public Router {
 public:
  // `files` is the loop's.
  DocumentRouter(Site site, files::FileCache& files)
      : site_(std::move(site)), files_(files), failures_(site_.user) {}

  Route& route(const RoutedRequest& request) override;
  ErrorPages* error_pages() override { return &site_.error_pages; }

  // Every later request is explained there; null for no longer.
  void explain_to(RouteTrace* trace) { trace_ = trace; }

 private:
  // What is asked for, while it is being looked up.
  struct Lookup {
    const RoutedRequest& request;
    Site& site;
    const files::DocumentRoot& root;
    std::string path;  // decoded
    // The client wrote %2F for a slash: such a path names no file, and a script only before it.
    bool encoded_slash = false;
    bool rewritten = false;  // by a rule: the path is the configuration's
    // A part of it is not for the public: then no static page takes its place either.
    bool concealed = false;
    // The first thing that was looked for and cannot be served for a reason of the file system, as
    // FoundFile has it; 0: none.
    int file_error = 0;
    std::string file_error_path{};
  };
  class RuleSteps;

  Site& site_of(const RoutedRequest& request);

  void decide(const RoutedRequest& request, Site& site, const files::DocumentRoot& root);

  // --- document_router.cc: true when the route is decided, if only by an error ---
  void route_path(Lookup& lookup);
  bool apply_rules(Lookup& lookup, rules::Phase phase);
  bool try_classic(Lookup& lookup);
  bool try_framework(Lookup& lookup);
  void route_missing(Lookup& lookup);

  // --- site_lookup.cc: the same ---
  enum class OnDirectory { kRedirect, kNotFound };
  bool try_script(Lookup& lookup);
  bool starts_before_encoded_slash(const Lookup& lookup, std::string_view script) const;
  bool try_file(Lookup& lookup, std::string_view path, OnDirectory on_directory);
  bool try_directory(Lookup& lookup);
  bool has_answer(const Lookup& lookup, const std::string& directory) const;
  bool try_listing(Lookup& lookup);
  bool try_target(Lookup& lookup, std::string_view path);
  bool may_run(const Lookup& lookup, std::string_view script) const;
  // Nothing that can be served: true when that is an error by itself, false when others may be
  // looked for.
  bool cannot_open(Lookup& lookup, std::string_view path, files::LookupOutcome outcome,
                   int error_number);
  std::string describe(files::LookupOutcome outcome, int error_number) const;

  void run(const Lookup& lookup, std::string_view script, std::string_view path_info);
  void fail(int status);
  void redirect(int status, const std::string& location);

  // Costs a comparison where nothing is explained: the text is made by `text` only then.
  template <class Text>
  void explain(std::string_view what, Text&& text) const {
    if (trace_ != nullptr) trace_->add(what, text());
  }

  Site site_;
  files::FileCache& files_;
  FileFailures failures_;
  Route route_;
  std::string decoded_;
  RouteTrace* trace_ = nullptr;
};

}  // namespace tusk::site
