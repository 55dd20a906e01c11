#include "app/manual/man_pages.h"

#include "app/manual/roff.h"
#include "config/environment.h"
#include "config/option.h"
#include "config/option_table.h"
#include "config/output/help.h"
#include "config/output/reference.h"

namespace tusk::app::manual {

namespace {

using config::Option;

void add_name(Roff& page, std::string_view name, std::string_view what) {
  page.heading("NAME");
  // The form that apropos reads.
  page.paragraph(std::string(name) + " - " + std::string(what));
}

void add_sections(Roff& page, const auto& add_option) {
  std::optional<config::Section> section;
  for (const Option& option : config::option_table()) {
    if (section != option.section) {
      section = option.section;
      page.subheading(title(option.section));
    }
    add_option(option);
  }
}

std::string sentences(const Option& option) {
  return std::string(option.doc) + config::output::range_shown(option) +
         (option.in_place ? " Changes in place." : "");
}

void add_commands(Roff& page, std::span<const Command> commands) {
  page.heading("COMMANDS");
  for (const Command& command : commands) {
    page.item(command.usage, std::string(command.doc) + ".");
    if (!command.details.empty()) page.more(command.details);
    if (!command.options.empty()) page.verbatim(command.options);
  }
}

void add_signals(Roff& page) {
  page.heading("SIGNALS");
  page.item("SIGTERM, SIGINT, SIGQUIT",
            "tusk accepts no more connections, finishes the requests in flight and ends. A second "
            "signal ends it at once.");
  page.item("SIGHUP", "Reloads, as tusk reload does.");
  page.item("SIGUSR1", "Opens the log files again.");
  page.item("SIGUSR2", "Changes to the programs on the disk, as tusk upgrade does.");
}

void add_files(Roff& page) {
  page.heading("FILES");
  page.item(
      "/etc/tusk/tusk.toml",
      "The configuration of the Debian package's service; see tusk.toml(5). tusk itself reads "
      "no file unless --config names one.");
  page.item("/run/tusk/control.sock",
            "The socket of the operator's commands, in the same package.");
  page.item("/var/log/tusk", "The access log. The log is in the journal: journalctl -u tusk.");
  page.item("/var/lib/tusk", "Sessions of PHP, and reports of crashes.");
}

std::string program_page(std::span<const Command> commands) {
  Roff page("TUSK", "1", "User Commands");
  add_name(page, "tusk", "web server with PHP built in");
  page.heading("SYNOPSIS");
  page.verbatim("tusk [serve] [options]\ntusk COMMAND [options]");
  page.heading("DESCRIPTION");
  page.paragraph(
      "tusk serves PHP applications and files over HTTP/1.1, HTTP/2 and TLS. It takes the place of "
      "a web server and of PHP-FPM: one program and one configuration file.");
  page.paragraph(
      "Without a command it serves. tusk init writes a configuration for an application, tusk "
      "check "
      "looks for mistakes in it, and tusk reload makes a running tusk use it, without losing a "
      "request.");
  add_commands(page, commands);
  page.heading("OPTIONS");
  page.paragraph(
      "Each option is a flag, the environment variable in brackets, and a key of the configuration "
      "file (tusk.toml(5)). Flags override variables, which override the file. tusk help GROUP and "
      "tusk help --OPTION show them, too.");
  add_sections(page, [&](const Option& option) {
    page.item(config::output::flag_usage(option), sentences(option));
    page.more("[" + config::own_name(option) + ", default " +
              config::output::default_shown(option) + "]");
  });
  add_files(page);
  add_signals(page);
  page.heading("EXIT STATUS");
  page.item("0", "Done; a server was asked to stop, and finished every request in flight.");
  page.item("1", "Failed; or the configuration is valid but cannot be used (a port is taken).");
  page.item("2", "The configuration or the command line is invalid.");
  page.heading("SEE ALSO");
  page.paragraph("tusk.toml(5), systemd.service(5)");
  return page.take();
}

std::string file_page() {
  Roff page("TUSK.TOML", "5", "File Formats");
  add_name(page, "tusk.toml", "configuration file of tusk");
  page.heading("SYNOPSIS");
  page.paragraph("/etc/tusk/tusk.toml");
  page.heading("DESCRIPTION");
  page.paragraph(
      "The file is TOML. Keys are the names below, all at the top; the name of an option's flag "
      "means the same key (workers is php_workers, drain-timeout is drain_timeout), but a file may "
      "have only one of them. The table [php] holds directives of php.ini, which override it; "
      "[[rules]] and [[pool]] come after them. Flags and environment variables override the file. "
      "After a change, tusk check --config FILE looks for mistakes, and tusk reload makes it take "
      "effect. tusk config --changed prints what differs from the defaults, as such a file.");
  page.paragraph(
      "SIZE is like 64K or 10MiB (1K is 1024), TIME like 30 (seconds), 500ms, 5m, 1h30m or 7d, "
      "ADDR "
      "like :80, 127.0.0.1:8080, [::1]:80 or unix:/run/site.sock. A value that may be given "
      "several "
      "times is a list: [\":80\", \":443\"]. A relative path starts at the file's own directory.");
  page.heading("EXAMPLE");
  page.verbatim(config::output::example_file());
  page.heading("OPTIONS");
  add_sections(page, [&](const Option& option) {
    if (!option.in_file || option.type == config::Type::kDirectives) return;
    page.item(std::string(option.name) + " = " + placeholder(option), sentences(option));
    page.more("Default: " + config::output::default_shown(option) + ".");
  });
  page.heading("TABLES");
  page.item("[php]", "Directives of php.ini, as name = value.");
  page.item("[[rules]]",
            "Redirects, rewrites, denials and response headers by path; the chapter on "
            "routing in tusk's documentation has them all.");
  page.item("[[pool]]",
            "Workers of their own for some requests, or for a resident script; the "
            "chapter on pools has their keys.");
  page.heading("SEE ALSO");
  page.paragraph("tusk(1)");
  return page.take();
}

}  // namespace

std::optional<std::string> man_page(std::string_view name, std::span<const Command> commands) {
  if (name == "tusk.1") return program_page(commands);
  if (name == "tusk.toml.5") return file_page();
  return std::nullopt;
}

}  // namespace tusk::app::manual
