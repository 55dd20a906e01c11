#include "console/init/init_options.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include "config/flags.h"
#include "config/option_table.h"
#include "config/output/help.h"

namespace tusk::console::init {

namespace {

constexpr auto kOne = config::Switch::Value::kOne;
constexpr config::Switch kSwitches[] = {{.flag = "help", .short_flag = 'h'},
                                        {.flag = "yes", .short_flag = 'y'},
                                        {.flag = "force"},
                                        {.flag = "host", .value = kOne},
                                        {.flag = "output", .short_flag = 'o', .value = kOne}};

struct OptionLine {
  std::string_view usage;
  std::string_view doc;
};
constexpr OptionLine kOptions[] = {
    {"--root DIR", "The application's directory"},
    {"--preset PRESET",
     "The application: wordpress, laravel, symfony, drupal, mediawiki, dokuwiki, spa or none. "
     "Default: recognised by its files"},
    {"--host NAME",
     "The site's host name. A certificate that certbot has made for it is used, and a reload "
     "requests its home page before clients do"},
    {"--listen ADDR",
     "Where to serve; can be repeated. Default: :80, with a certificate :443, too"},
    {"--tls-cert FILE", "The certificate, and with --tls-key its key"},
    {"-o, --output FILE",
     "The file to write; - is standard output. Default: /etc/tusk/tusk.toml if there is "
     "/etc/tusk, else tusk.toml in the current directory"},
    {"-y, --yes", "Ask nothing"},
    {"--force", "Replace a file that is there; it is kept with .old at the end of its name"},
};

class Reader {
 public:
  explicit Reader(std::span<const std::string> words)
      : flags_(config::parse_flags(words, kSwitches)) {}

  std::expected<InitOptions, std::vector<std::string>> run() {
    options_.help = is_set("help");
    options_.yes = is_set("yes");
    options_.force = is_set("force");
    for (const config::Problem& error : flags_.errors) mistakes_.push_back(error.message);
    if (flags_.positionals.size() > 1)
      mistakes_.push_back("unexpected argument '" + flags_.positionals[1] + "'");
    for (const config::Assignment& assignment : flags_.assignments) take(assignment);
    if (const auto host = flags_.values.find("host"); host != flags_.values.end())
      options_.host = host->second;
    if (const auto output = flags_.values.find("output"); output != flags_.values.end())
      options_.output = output->second;
    check();
    if (!mistakes_.empty()) return std::unexpected(std::move(mistakes_));
    return std::move(options_);
  }

 private:
  bool is_set(std::string_view name) const {
    return std::ranges::find(flags_.switches, name) != flags_.switches.end();
  }

  void take(const config::Assignment& assignment) {
    const std::string_view name = assignment.option->name;
    const std::string& text = assignment.texts.front();
    if (name == "document_root") {
      options_.root = text;
    } else if (name == "preset") {
      options_.preset = text;
    } else if (name == "listen") {
      options_.listen = assignment.texts;
    } else if (name == "tls_cert") {
      options_.certificate = text;
    } else if (name == "tls_key") {
      options_.key = text;
    } else {
      mistakes_.push_back("--" + std::string(assignment.option->flag) +
                          " does not belong to tusk init: write it into the file");
    }
  }

  void check() {
    const auto& choices = config::option_named("preset").choices;
    if (options_.preset &&
        std::ranges::find(choices, *options_.preset, &config::Choice::text) == choices.end())
      mistakes_.push_back("--preset must be one of " +
                          config::listed_choices(config::option_named("preset")));
    if (options_.certificate.empty() != options_.key.empty())
      mistakes_.emplace_back("--tls-cert and --tls-key belong together");
    const auto is_unfit = [](char each) {
      return !std::isalnum(static_cast<unsigned char>(each)) && each != '.' && each != '-';
    };
    if (options_.host && std::ranges::any_of(*options_.host, is_unfit))
      mistakes_.push_back("--host must be a host name, such as www.example.org");
  }

  config::Flags flags_;
  InitOptions options_;
  std::vector<std::string> mistakes_;
};

}  // namespace

std::expected<InitOptions, std::vector<std::string>> read_options(
    std::span<const std::string> words) {
  return Reader(words).run();
}

std::string options_help() {
  constexpr std::size_t kIndent = 6;
  std::string text = "Options:\n";
  for (const OptionLine& option : kOptions) {
    text += "  " + std::string(option.usage) + "\n";
    text += config::output::wrap(option.doc, kIndent);
  }
  return text;
}

std::string help_text() {
  return "Usage: tusk init [--root DIR] [--host NAME] [--yes] [options]\n\n" +
         config::output::wrap(
             "Writes a configuration for an application, and checks it. It recognises WordPress, "
             "Laravel, Symfony, Drupal, MediaWiki, DokuWiki and projects with a front controller "
             "by "
             "their files. On a terminal it asks for what is not given. A file that is there is "
             "replaced only with --force, or when it is the one that the package has installed.",
             0) +
         "\n" +
         config::output::wrap(
             "The exit status is 0 if the configuration was written and is valid, 1 if not, 2 if "
             "the command is wrong.",
             0) +
         "\n" + options_help();
}

}  // namespace tusk::console::init
