#include "config/checks/validation.h"

#include <gtest/gtest.h>

#include "base/test_directory.h"
#include "config/flags.h"

namespace tusk::config::checks {
namespace {

using Strings = std::vector<std::string>;

class Validate : public ::testing::Test {
 protected:
  Validate() { directory_.write("index.php", "<?php"); }

  Loaded load(const Strings& args) const {
    return config::load({.flags = parse_flags(args, {}).assignments,
                         .environment = {},
                         .working_directory = directory_.path(),
                         .machine = {.cpu_cores = 4, .open_files = 1000}});
  }

  Strings errors(const Strings& args) const {
    Strings messages;
    for (const Problem& problem : load(args).errors) messages.push_back(problem.message);
    return messages;
  }

  std::string here(std::string_view name) const {
    return directory_.path() + "/" + std::string(name);
  }

  base::TestDirectory directory_;
};

TEST_F(Validate, ACharacterSetIsAToken) {
  for (const char* name : {"utf-8", "off", "ISO-8859-1", "Windows-1252"})
    EXPECT_EQ(errors({"--static-charset", name}), Strings()) << name;
  for (const std::string name : {"a b", "utf-8; x=y", "\"utf-8\"", "\xe4"})
    EXPECT_EQ(errors({"--static-charset", name}),
              Strings{"--static-charset: '" + name + "' is not a character set, such as utf-8"});
}

TEST_F(Validate, TheRootMustBeADirectory) {
  EXPECT_EQ(errors({"--root", "none"}),
            Strings{"--root: " + here("none") + ": No such file or directory"});
  EXPECT_EQ(errors({"--root", "index.php"}),
            Strings{"--root: " + here("index.php") + " is not a directory"});
  EXPECT_FALSE(load({"--root", "none"}).errors[0].wrong_use);
}

TEST_F(Validate, TheTemporaryDirectoryMustBeThere) {
  EXPECT_EQ(errors({"--temp-dir", "none"}),
            Strings{"--temp-dir: " + here("none") + ": No such file or directory"});
}

TEST_F(Validate, WhoMayUseAUnixSocket) {
  EXPECT_EQ(errors({"--listen-mode", "0666", "--listen-owner", "root", "--listen-group", "0"}),
            Strings{});
  EXPECT_EQ(errors({"--listen-mode", "rw"}),
            Strings{"--listen-mode: 'rw' is not a mode such as 0660"});
  EXPECT_EQ(errors({"--listen-mode", "1777"}),
            Strings{"--listen-mode: '1777' is not a mode such as 0660"});
  EXPECT_EQ(errors({"--listen-owner", "no-such-user"}),
            Strings{"--listen-owner: there is no user 'no-such-user'"});
  EXPECT_EQ(errors({"--listen-group", "no-such-group"}),
            Strings{"--listen-group: there is no group 'no-such-group'"});
}

TEST_F(Validate, AnAbstractSocketNeedsNoDirectory) {
  EXPECT_EQ(errors({"--listen", "unix:@tusk"}), Strings{});
}

TEST_F(Validate, ATargetIsAPartOfTheHead) {
  EXPECT_EQ(load({"--request-target-bytes", "16K"}).warnings, Strings{});
  EXPECT_EQ(load({"--request-target-bytes", "64K"}).warnings,
            Strings{"--request-target-bytes: has no effect beyond request_header_bytes, which is "
                    "smaller"});
}

TEST_F(Validate, PhpIniMustBeThere) {
  directory_.write("php.ini", "");
  EXPECT_EQ(errors({"-c", "php.ini"}), Strings{});
  EXPECT_EQ(errors({"-c", "."}), Strings{});
  EXPECT_EQ(errors({"-c", "none.ini"}),
            Strings{"-c: " + here("none.ini") + ": No such file or directory"});
}

TEST_F(Validate, TlsNeedsACertificate) {
  EXPECT_EQ(errors({"--listen", "https://:8443"}),
            Strings{"--listen: https://:8443 needs a certificate: tls_cert, or tls_self_signed"});
  EXPECT_EQ(errors({"--listen", "https://:8443", "--tls-self-signed"}), Strings{});
  EXPECT_EQ(errors({"--listen", ":443", "--tls-cert", "a.pem"}), Strings{}) << "read by others";
}

TEST_F(Validate, EachCertificateHasItsKey) {
  EXPECT_EQ(errors({"--tls-cert", "a", "--tls-key", "a"}), Strings{});
  EXPECT_EQ(errors({"--tls-cert", "a", "--tls-key", "a", "--tls-key", "b"}),
            Strings{"--tls-key: there are 2 keys for 1 certificates; one each, in the same order"});
  EXPECT_EQ(errors({"--tls-cert", "a", "--tls-self-signed"}),
            Strings{"--tls-self-signed: tls_cert gives a certificate already"});
}

TEST_F(Validate, TlsThatHasNoEffectIsWarnedOf) {
  EXPECT_EQ(load({"--listen", ":80", "--tls-self-signed"}).warnings,
            Strings{"--tls-self-signed: has no effect: no address to serve on speaks TLS"});
  EXPECT_EQ(load({"--tls-self-signed", "--https-redirect", "301"}).warnings,
            Strings{"--https-redirect: has no effect: every address to serve on speaks TLS"});
  EXPECT_EQ(load({"--tls-client-ca", "a"}).warnings,
            Strings{"--tls-client-ca: has no effect, because tls_client_auth is off"});
}

TEST_F(Validate, TheRedirectLeadsToThePortThatSpeaksTls) {
  const auto port = [&](const Strings& args) { return load(args).settings.https_redirect_port; };
  EXPECT_EQ(port({"--listen", ":80", "--listen", ":8443", "--tls-self-signed"}), 8443U);
  EXPECT_EQ(port({"--listen", ":8080"}), 443U);
  EXPECT_EQ(port({"--listen", ":443", "--tls-self-signed", "--https-redirect-port", "444"}), 444U);
}

TEST_F(Validate, TheSamePlaceTwiceWhateverIsSpokenThere) {
  EXPECT_EQ(errors({"--listen", "http://:8080", "--listen", "https://:8080", "--tls-self-signed"}),
            Strings{"--listen: https://:8080 is given twice"});
}

TEST_F(Validate, TheFallbackIsAPathOfAFile) {
  EXPECT_EQ(errors({"--fallback=/index.php"}), Strings{});
  EXPECT_EQ(errors({"--fallback=/a/b.c/index.php"}), Strings{});
  EXPECT_EQ(errors({"--fallback="}), Strings{});
  EXPECT_EQ(errors({"--fallback=index.php"}),
            Strings{"--fallback: 'index.php' must begin with a slash: /index.php"});
  EXPECT_EQ(errors({"--fallback=/index.php?q"}),
            Strings{"--fallback: '/index.php?q' must be a path alone, without ? or #"});
  EXPECT_EQ(errors({"--fallback=/"}), Strings{"--fallback: '/' must name a file, not a directory"});
  for (const char* path : {"/../x.php", "/a/../x.php", "/.env", "/a/.git/config", "/./x"})
    EXPECT_EQ(errors({std::string("--fallback=") + path}),
              Strings{"--fallback: '" + std::string(path) + "' leaves the root or is a dotfile"});
}

TEST_F(Validate, TheIndexFileIsAName) {
  EXPECT_EQ(errors({"--index-file=index.php"}), Strings{});
  EXPECT_EQ(errors({"--index-file=/index.php"}),
            Strings{"--index-file: '/index.php' must be a name without a slash"});
  EXPECT_EQ(errors({"--index-file=.."}),
            Strings{"--index-file: '..' is a dotfile, which is never served"});
}

TEST_F(Validate, WarnsOfAFrontControllerThatIsNotThere) {
  EXPECT_EQ(load({"--index-file=index.php"}).warnings, Strings{});
  EXPECT_EQ(load({"--index-file=app.php"}).warnings,
            Strings{"--index-file: there is no app.php in " + directory_.path()});
  EXPECT_EQ(load({"--fallback=/index.php"}).warnings, Strings{});
  EXPECT_EQ(load({"--fallback=/app.php"}).warnings,
            Strings{"--fallback: there is no app.php in " + directory_.path()});
  EXPECT_EQ(load({"--fallback=/index.php", "--index-file=index.php"}).warnings,
            Strings{"--fallback: has no effect, because index_file is index.php"});
}

TEST_F(Validate, AddressesMustDiffer) {
  EXPECT_EQ(errors({"--listen=:1,:2,:1"}), Strings{"--listen: :1 is given twice"});
  EXPECT_EQ(errors({"--listen=:0,:0"}), Strings{});
  EXPECT_EQ(errors({"--listen=:0", "--internal-addr=:0"}), Strings{});
  EXPECT_EQ(errors({"--listen=:1", "--internal-addr=:1"}),
            Strings{"--internal-addr: :1 is also an address to serve on"});
  EXPECT_EQ(errors({"--internal-addr=off"}), Strings{});
}

TEST_F(Validate, ASocketNeedsItsDirectory) {
  EXPECT_EQ(errors({"--listen=unix:a.sock", "--internal-addr=unix:/a.sock"}), Strings{});
  EXPECT_EQ(errors({"--listen=unix:none/a.sock"}),
            Strings{"--listen: " + here("none") + ": No such file or directory"});
}

TEST_F(Validate, WarnsOfMoreConnectionsThanOpenFiles) {
  EXPECT_EQ(load({"--max-connections=1000"}).warnings, Strings{});
  EXPECT_EQ(load({"--max-connections=1001"}).warnings,
            Strings{"--max-connections: is more than the limit of open files, 1000"});
}

TEST_F(Validate, WarnsOfItsOwnFileAsPhpIni) {
  directory_.write("tusk.toml", "");
  EXPECT_EQ(load({"-c", here("tusk.toml")}).warnings,
            Strings{"-c: " + here("tusk.toml") +
                    " is read as a php.ini; tusk's own file is given by --config"});
}

TEST_F(Validate, APlaceForScriptsFilesHasOneDirectory) {
  EXPECT_EQ(errors({"--accel-locations=/a/=" + here("."), "--accel-locations=/b/=" + here(".")}),
            Strings{});
  EXPECT_EQ(errors({"--accel-locations=/a/=" + here("."), "--accel-locations=/a/=" + here(".")}),
            Strings{"--accel-locations: '/a/' has a directory already"});
}

TEST_F(Validate, CompressionNamesWhatThereIs) {
  EXPECT_EQ(errors({"--compression", "gzip,br"}), Strings{});
  EXPECT_EQ(errors({"--compression=off"}), Strings{});
  EXPECT_EQ(errors({"--compression=deflate"}),
            Strings{"--compression: 'deflate' is not one of zstd, br, gzip, off"});
  EXPECT_EQ(errors({"--compression=br,off"}), Strings{"--compression: off excludes all codings"});
  EXPECT_EQ(errors({"--compression=brotli"}),
            Strings{"--compression: 'brotli' is not one of zstd, br, gzip, off; did you mean br?"});
  EXPECT_EQ(errors({"--compress-types=text/*,*+json,application/x"}), Strings{});
  EXPECT_EQ(errors({"--compress-streams=*"}), Strings{});
  for (const char* type : {"html", "*/*", "text/html; charset=x", "text html/x"}) {
    EXPECT_EQ(errors({"--compress-types", type}),
              Strings{"--compress-types: '" + std::string(type) +
                      "' is not a media type, such as text/html or text/*"});
  }
  EXPECT_EQ(errors({"--compress-min-bytes=2K", "--compress-max-bytes=1K"}),
            Strings{"--compress-min-bytes: is more than compress_max_bytes"});
}

}  // namespace
}  // namespace tusk::config::checks
