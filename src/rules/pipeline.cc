#include "rules/pipeline.h"

namespace tusk::rules {

std::span<const Stage> pipeline() {
  static constexpr Stage kStages[] = {
      {"client", "a trusted proxy's word on address, scheme and host goes into the request",
       "everything after it judges by them: rules by host and scheme, logs by address"},
      {"rate", "a client that has asked too often (rate_limit) gets 429",
       "by the client's own address; nothing is looked up for it, and no rule has a say"},
      {"https", "who came without TLS is sent to https (https_redirect)",
       "before anything of the site is told over an open line"},
      {"path", "the path is decoded and normalised, once",
       "rules and lookup must see the one name that files have; what is refused here reaches none"},
      {"rules", "redirects, denials, rewrites and the header fields of rules, in the file's order",
       "a rule goes before any look at the file system: what it denies is denied whether or not it "
       "is there, and a redirect costs nothing"},
      {"lookup", "a script, a file, a directory's index; what is not for the public is not there",
       "the lists (denied_files, static_only, run_scripts) stand with the lookup, behind rewrites: "
       "no rule can make a name public by another name for it"},
      {"missing", "rules that are for what is missing, then the fallback or the front controller",
       "files go before the application's own addresses, as in every web server"},
      {"execution", "the script, or the file",
       "its response has its compression when it comes back: that is done where it is made, off "
       "the loop"},
      {"error page", "in place of the server's own errors",
       "never of a response that a script has made: that one is the application's"},
      {"header fields", "what rules set, add and remove",
       "last, so that they hold for every response of the path: files, scripts, redirects, errors"},
  };
  return kStages;
}

}  // namespace tusk::rules
