// DocumentRouter: routes requests to the files and scripts of a site.
//
//   document_router.cc  the order of the attempts
//   site_lookup.cc      each attempt
//
// Owner: the app. Thread: the loop. It uses the file system through the cache.
#pragma once

#include <string>
#include <string_view>

#include "files/file_cache.h"
#include "site/file_failures.h"
#include "site/route_trace.h"
#include "site/router.h"
#include "site/site.h"

namespace tusk::site {

// There are three modes:
//   classic      the script or file of that name, a directory's index, the fallback, or else 404
//   framework    INDEX_FILE=x.php: a file if it exists, otherwise x.php; other .php names are 404,
//                except those in RUN_SCRIPTS
//   single page  INDEX_FILE=x.html: a file if it exists, otherwise x.html; .php names are 404
// Rules apply before the mode does (rules/pipeline.h has the whole order); rules for missing paths
// apply after the lookup of files and before the fallback.
class DocumentRouter final : public Router {
 public:
  // `files` belongs to the loop.
  DocumentRouter(Site site, files::FileCache& files)
      : site_(std::move(site)), files_(files), failures_(site_.user) {}

  Route& route(const RoutedRequest& request) override;
  ErrorPages* error_pages() override { return &site_.error_pages; }

  // Explains every later request in `trace`; null ends that.
  void explain_to(RouteTrace* trace) { trace_ = trace; }

 private:
  // The state of looking up one request.
  struct Lookup {
    const RoutedRequest& request;
    Site& site;
    const files::DocumentRoot& root;
    std::string path;  // decoded
    // The client sent %2F: the path names no file, and a script only before the %2F.
    bool encoded_slash = false;
    bool rewritten = false;  // by a rule, so the path is the configuration's
    // A part of the path is not public: then no static page is sent instead, either.
    bool concealed = false;
    // The first file-system error (see FoundFile) that kept something from being served; 0: none.
    int file_error = 0;
    std::string file_error_path{};
  };
  class RuleSteps;

  Site& site_of(const RoutedRequest& request);

  void decide(const RoutedRequest& request, Site& site, const files::DocumentRoot& root);

  // --- document_router.cc: true when the route is decided, possibly by an error ---
  void route_path(Lookup& lookup);
  bool apply_rules(Lookup& lookup, rules::Phase phase);
  bool try_classic(Lookup& lookup);
  bool try_framework(Lookup& lookup);
  void route_missing(Lookup& lookup);

  // --- site_lookup.cc: true likewise ---
  enum class OnDirectory { kRedirect, kNotFound };
  bool try_script(Lookup& lookup);
  bool starts_before_encoded_slash(const Lookup& lookup, std::string_view script) const;
  bool try_file(Lookup& lookup, std::string_view path, OnDirectory on_directory);
  bool try_directory(Lookup& lookup);
  bool has_answer(const Lookup& lookup, const std::string& directory) const;
  bool try_listing(Lookup& lookup);
  bool try_target(Lookup& lookup, std::string_view path);
  bool may_run(const Lookup& lookup, std::string_view script) const;
  // Handles something that cannot be served. Returns true if that is an error, false if the next
  // attempt may follow.
  bool cannot_open(Lookup& lookup, std::string_view path, files::LookupOutcome outcome,
                   int error_number);
  std::string describe(files::LookupOutcome outcome, int error_number) const;

  void run(const Lookup& lookup, std::string_view script, std::string_view path_info);
  void fail(int status);
  void redirect(int status, const std::string& location);

  // Costs one comparison if there is no trace; only otherwise `text` builds the text.
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
