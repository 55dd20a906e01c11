// The commands of tusk-server, for the manual and for --help. Those of the operator are in
// console/commands.h.
//
// Thread: any; constant data.
#pragma once

#include <string_view>

namespace tusk::app::manual {

struct ServerCommand {
  std::string_view word;
  std::string_view usage;
  std::string_view doc;      // one line
  std::string_view details;  // paragraphs
  std::string_view options;  // a table of its own options; empty: there is none
  // What may follow the word, for completion.
  std::string_view words{};
};

inline constexpr std::string_view kHelpWord = "help";

inline constexpr ServerCommand kServerCommands[] = {
    {.word = "serve",
     .usage = "tusk [serve] [options]",
     .doc = "serve the document root; what tusk does without a command",
     .details = "Serves until SIGTERM or SIGINT, which let it finish the requests in flight. If "
                "the configuration is invalid, nothing is served and the exit status is 2.",
     .options = {}},
    {.word = "check",
     .usage = "tusk check [--strict] [options]",
     .doc = "look for mistakes in the configuration",
     .details = "Takes the same options as tusk serve, serves nothing, and prints a line for each "
                "mistake and each warning. It also tries php.ini, the extensions and the script of "
                "opcache.preload. Run it as the user that tusk serves as. The exit status is 0 if "
                "tusk could serve, 1 if the configuration is valid but cannot be used here (a "
                "missing root, a port that is taken), 2 if it is invalid.",
     .options = "  --strict    warnings are errors, for deployments\n"},
    {.word = "config",
     .usage = "tusk config [--changed] [--json] [options]",
     .doc = "show each value in effect and where it came from",
     .details = "Prints a configuration file with the value of every option, and a comment that "
                "says where the value came from: a flag, a variable, a line of a file, a preset or "
                "the default.",
     .options = "  --changed   only values that differ from their defaults\n"
                "  --json      an array of objects, for programs\n"},
    {.word = "route",
     .usage = "tusk route [options] [METHOD] URL",
     .doc = "show what would answer a URL, and why",
     .details = "Serves nothing, and runs no script: it says which rules match, which files were "
                "looked for, why one is not served, and what answers in the end. URL is a path "
                "such as /blog/?page=2, or whole: https://www.example.org/blog/. Files are opened "
                "as the user who runs the command. The exit status is 0 if something answers, 1 if "
                "the answer is an error, 2 if the command is wrong.",
     .options = {}},
    {.word = "preload",
     .usage = "tusk preload list|clear [--json]",
     .doc = "show what PHP preloads by itself, or forget it",
     .details = "list shows the files that preload = \"auto\" has learnt, and how often they are "
                "used. clear forgets them, and they are learnt anew.",
     .options = "  --json      list for programs\n",
     .words = "list clear"},
    {.word = "version",
     .usage = "tusk version",
     .doc = "show the version of tusk and of PHP (-v, --version)",
     .details = {},
     .options = {}},
    {.word = kHelpWord,
     .usage = "tusk help [GROUP | OPTION | COMMAND | all]",
     .doc = "explain options and commands (-h, --help)",
     .details = "A group's word shows its options; an option shows all about it, by its flag, its "
                "key in the file or its variable. Any other word shows the options that have it in "
                "their names, or the option that has the name in nginx or PHP-FPM.",
     .options = "  --man PAGE            tusk.1 or tusk.toml.5, as a manual page\n"
                "  --completions SHELL   of bash, zsh or fish\n"},
};

}  // namespace tusk::app::manual
