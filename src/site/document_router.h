// DocumentRouter: routes requests to the files and scripts of a site.
//
// A request passes the stages of one list, until one of them decides the route: stages() says which
// stage comes when, and why.
//
//   document_router.cc  the stages
//   site_lookup.cc      looking up a script, a file or a directory
//
// Owner: app::ServingLoop. Thread: its loop. It uses the file system through the cache.
#pragma once

#include <span>
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
//   framework    index_file = x.php: a file if it exists, otherwise x.php; other .php names are
//   404,
//                except those in run_scripts
//   single page  index_file = x.html: a file if it exists, otherwise x.html; .php names are 404
class DocumentRouter final : public Router {
 private:
  struct Lookup;

 public:
  // A stage of routing.
  struct Stage {
    std::string_view name;
    std::string_view what;
    std::string_view why_here;
    // True: the route is decided, and no later stage runs, except for those for scripts.
    bool (DocumentRouter::*run)(Lookup& lookup);
    bool for_scripts = false;  // runs when it is decided that a script answers, and only then
  };
  // In the order in which they run.
  static std::span<const Stage> stages();

  // `files` belongs to the loop.
  DocumentRouter(Site site, files::FileCache& files)
      : site_(std::move(site)), files_(files), failures_(site_.user) {}

  Route& route(const RoutedRequest& request) override;
  ErrorPages* error_pages() override { return &site_.error_pages; }

  // Explains all later requests in `trace`; null: no longer.
  void explain_to(RouteTrace* trace) { trace_ = trace; }

 private:
  // The lookup of one request.
  struct Lookup {
    const RoutedRequest& request;
    Site& site;
    const files::DocumentRoot& root;
    std::string path;  // decoded
    // The decoded path before the first rewrite, if there are pools; empty: it is `path`.
    std::string sent_path{};
    // The client sent %2F for a slash: such a path names no file, and a script only before the %2F.
    bool encoded_slash = false;
    bool rewritten = false;  // the last rules have rewritten the path
    // A part of the path is not public: then no static page is sent in its place either.
    bool concealed = false;
    // Why the file system has refused the first file that was looked for, as
    // FoundFile::error_number; 0: it has refused none.
    int file_error = 0;
    std::string file_error_path{};
  };
  class RuleSteps;

  Site& site_of(const RoutedRequest& request);

  // --- document_router.cc: true when the route is decided, be it by an error ---
  bool refuse_trace(Lookup& lookup);
  bool decode_path(Lookup& lookup);
  bool apply_first_rules(Lookup& lookup);
  bool look_up(Lookup& lookup);
  bool refuse_hidden(Lookup& lookup);
  bool apply_missing_rules(Lookup& lookup);
  bool ask_resident(Lookup& lookup);
  bool fall_back(Lookup& lookup);
  bool choose_pool(Lookup& lookup);
  void run_resident(const Lookup& lookup, std::uint16_t pool);
  // What pools match.
  static std::string_view sent_path(const Lookup& lookup) {
    return lookup.sent_path.empty() ? lookup.path : lookup.sent_path;
  }
  bool apply_rules(Lookup& lookup, rules::Phase phase);
  bool try_classic(Lookup& lookup);
  bool try_framework(Lookup& lookup);

  // --- site_lookup.cc: each returns true when the route is decided ---
  enum class OnDirectory { kRedirect, kNotFound };
  bool try_script(Lookup& lookup);
  bool starts_before_encoded_slash(const Lookup& lookup, std::string_view script) const;
  bool try_file(Lookup& lookup, std::string_view path, OnDirectory on_directory);
  bool try_directory(Lookup& lookup);
  bool has_answer(const Lookup& lookup, const std::string& directory) const;
  bool try_listing(Lookup& lookup);
  bool try_target(Lookup& lookup, std::string_view path);
  bool may_run(const Lookup& lookup, std::string_view script) const;
  bool is_concealed(const Lookup& lookup, std::string_view path) const;
  // For a file that cannot be served. True: that decides the route, as an error. False: the lookup
  // goes on.
  bool cannot_open(Lookup& lookup, std::string_view path, files::LookupOutcome outcome,
                   int error_number);
  std::string describe(const Lookup& lookup, std::string_view path, files::LookupOutcome outcome,
                       int error_number) const;

  void run(const Lookup& lookup, std::string_view script, std::string_view path_info);
  void fail(int status);
  void redirect(int status, const std::string& location);

  // Costs one comparison where nothing is explained: `text` makes its text only when it is needed.
  // `option` names the option whose value decided.
  template <class Text>
  void explain(std::string_view what, Text&& text, std::string_view option = {}) const {
    if (trace_ != nullptr) trace_->add(what, text(), option);
  }

  Site site_;
  files::FileCache& files_;
  FileFailures failures_;
  Route route_;
  std::string decoded_;
  RouteTrace* trace_ = nullptr;
};

}  // namespace tusk::site
