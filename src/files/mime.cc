#include "files/mime.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>

#include "http/token.h"

namespace tusk::files {
namespace {

struct Entry {
  std::string_view extension;
  std::string_view type;
};

// Sorted by extension. The types are IANA's if there is one, otherwise what browsers expect. They
// were compared with Debian's media-types 10 and differ where that list means another kind of file
// with the same extension (.ts, .mts, .dot) or uses an older name. Program source (.sh, .py, .sql)
// is left out: as octet-stream it is saved, not shown.
constexpr Entry kEntries[] = {
    {"3g2", "video/3gpp2"},
    {"3gp", "video/3gpp"},
    {"3gpp", "video/3gpp"},
    {"3mf", "model/3mf"},
    {"7z", "application/x-7z-compressed"},
    {"aac", "audio/aac"},
    {"ai", "application/postscript"},
    {"aif", "audio/x-aiff"},
    {"aiff", "audio/x-aiff"},
    {"amr", "audio/amr"},
    {"apk", "application/vnd.android.package-archive"},
    {"apng", "image/apng"},
    {"appcache", "text/cache-manifest"},
    {"asc", "application/pgp-signature"},
    {"atom", "application/atom+xml"},
    {"avi", "video/x-msvideo"},
    {"avif", "image/avif"},
    {"avifs", "image/avif"},
    {"azw", "application/vnd.amazon.ebook"},
    {"bmp", "image/bmp"},
    {"br", "application/x-brotli"},
    {"bz2", "application/x-bzip2"},
    {"cer", "application/x-x509-ca-cert"},
    {"cjs", "text/javascript"},
    {"class", "application/java-vm"},
    {"cpio", "application/x-cpio"},
    {"crl", "application/pkix-crl"},
    {"crt", "application/x-x509-ca-cert"},
    {"crx", "application/x-chrome-extension"},
    {"csr", "application/pkcs10"},
    {"css", "text/css"},
    {"csv", "text/csv"},
    {"cur", "image/x-icon"},
    {"deb", "application/vnd.debian.binary-package"},
    {"der", "application/x-x509-ca-cert"},
    {"diff", "text/plain"},
    {"djv", "image/vnd.djvu"},
    {"djvu", "image/vnd.djvu"},
    {"dmg", "application/x-apple-diskimage"},
    {"doc", "application/msword"},
    {"docm", "application/vnd.ms-word.document.macroenabled.12"},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"dot", "application/msword"},
    {"dotx", "application/vnd.openxmlformats-officedocument.wordprocessingml.template"},
    {"dtd", "application/xml-dtd"},
    {"ear", "application/java-archive"},
    {"eml", "message/rfc822"},
    {"eot", "application/vnd.ms-fontobject"},
    {"eps", "application/postscript"},
    {"epub", "application/epub+zip"},
    {"flac", "audio/flac"},
    {"flv", "video/x-flv"},
    {"geojson", "application/geo+json"},
    {"gif", "image/gif"},
    {"glb", "model/gltf-binary"},
    {"gltf", "model/gltf+json"},
    {"gpx", "application/gpx+xml"},
    {"gz", "application/gzip"},
    {"heic", "image/heic"},
    {"heif", "image/heif"},
    {"htc", "text/x-component"},
    {"htm", "text/html"},
    {"html", "text/html"},
    {"ico", "image/x-icon"},
    {"ics", "text/calendar"},
    {"ifb", "text/calendar"},
    {"iso", "application/x-iso9660-image"},
    {"jar", "application/java-archive"},
    {"jfif", "image/jpeg"},
    {"jnlp", "application/x-java-jnlp-file"},
    {"jp2", "image/jp2"},
    {"jpe", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"js", "text/javascript"},
    {"json", "application/json"},
    {"json5", "application/json5"},
    {"jsonl", "application/x-ndjson"},
    {"jsonld", "application/ld+json"},
    {"jsonschema", "application/schema+json"},
    {"jxl", "image/jxl"},
    {"kar", "audio/midi"},
    {"kml", "application/vnd.google-earth.kml+xml"},
    {"kmz", "application/vnd.google-earth.kmz"},
    {"log", "text/plain"},
    {"m2ts", "video/mp2t"},
    {"m3u", "audio/x-mpegurl"},
    {"m3u8", "application/vnd.apple.mpegurl"},
    {"m4a", "audio/mp4"},
    {"m4b", "audio/mp4"},
    {"m4v", "video/mp4"},
    {"map", "application/json"},
    {"markdown", "text/markdown"},
    {"mathml", "application/mathml+xml"},
    {"mbox", "application/mbox"},
    {"md", "text/markdown"},
    {"mht", "message/rfc822"},
    {"mhtml", "message/rfc822"},
    {"mid", "audio/midi"},
    {"midi", "audio/midi"},
    {"mjs", "text/javascript"},
    {"mka", "audio/x-matroska"},
    {"mkv", "video/x-matroska"},
    {"mml", "application/mathml+xml"},
    {"mobi", "application/x-mobipocket-ebook"},
    {"mov", "video/quicktime"},
    {"mp3", "audio/mpeg"},
    {"mp4", "video/mp4"},
    {"mpd", "application/dash+xml"},
    {"mpe", "video/mpeg"},
    {"mpeg", "video/mpeg"},
    {"mpg", "video/mpeg"},
    {"msg", "application/vnd.ms-outlook"},
    {"mts", "video/mp2t"},
    {"ndjson", "application/x-ndjson"},
    {"nfo", "text/plain"},
    {"obj", "model/obj"},
    {"odf", "application/vnd.oasis.opendocument.formula"},
    {"odg", "application/vnd.oasis.opendocument.graphics"},
    {"odp", "application/vnd.oasis.opendocument.presentation"},
    {"ods", "application/vnd.oasis.opendocument.spreadsheet"},
    {"odt", "application/vnd.oasis.opendocument.text"},
    {"oga", "audio/ogg"},
    {"ogg", "audio/ogg"},
    {"ogv", "video/ogg"},
    {"ogx", "application/ogg"},
    {"opus", "audio/ogg"},
    {"osdx", "application/opensearchdescription+xml"},
    {"otf", "font/otf"},
    {"ott", "application/vnd.oasis.opendocument.text-template"},
    {"p10", "application/pkcs10"},
    {"p12", "application/x-pkcs12"},
    {"pac", "application/x-ns-proxy-autoconfig"},
    {"patch", "text/plain"},
    {"pdf", "application/pdf"},
    {"pfx", "application/x-pkcs12"},
    {"pgp", "application/pgp-keys"},
    {"pkpass", "application/vnd.apple.pkpass"},
    {"pls", "audio/x-scpls"},
    {"png", "image/png"},
    {"ppm", "image/x-portable-pixmap"},
    {"pps", "application/vnd.ms-powerpoint"},
    {"ppsx", "application/vnd.openxmlformats-officedocument.presentationml.slideshow"},
    {"ppt", "application/vnd.ms-powerpoint"},
    {"pptm", "application/vnd.ms-powerpoint.presentation.macroenabled.12"},
    {"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
    {"ps", "application/postscript"},
    {"psd", "image/vnd.adobe.photoshop"},
    {"qt", "video/quicktime"},
    {"ra", "audio/x-realaudio"},
    {"rar", "application/vnd.rar"},
    {"rdf", "application/rdf+xml"},
    {"rpm", "application/x-rpm"},
    {"rss", "application/rss+xml"},
    {"rtf", "application/rtf"},
    {"shtml", "text/html"},
    {"sig", "application/pgp-signature"},
    {"smi", "application/smil+xml"},
    {"smil", "application/smil+xml"},
    {"spx", "audio/ogg"},
    {"srt", "application/x-subrip"},
    {"stl", "model/stl"},
    {"svg", "image/svg+xml"},
    {"swf", "application/x-shockwave-flash"},
    {"tar", "application/x-tar"},
    {"text", "text/plain"},
    {"tgz", "application/gzip"},
    {"tif", "image/tiff"},
    {"tiff", "image/tiff"},
    {"toml", "application/toml"},
    {"torrent", "application/x-bittorrent"},
    {"ts", "video/mp2t"},
    {"tsv", "text/tab-separated-values"},
    {"ttc", "font/collection"},
    {"ttf", "font/ttf"},
    {"txt", "text/plain"},
    {"usdz", "model/vnd.usdz+zip"},
    {"vcard", "text/vcard"},
    {"vcf", "text/vcard"},
    {"vsd", "application/vnd.visio"},
    {"vtt", "text/vtt"},
    {"war", "application/java-archive"},
    {"wasm", "application/wasm"},
    {"wav", "audio/wav"},
    {"wbmp", "image/vnd.wap.wbmp"},
    {"weba", "audio/webm"},
    {"webm", "video/webm"},
    {"webmanifest", "application/manifest+json"},
    {"webp", "image/webp"},
    {"wma", "audio/x-ms-wma"},
    {"wmv", "video/x-ms-wmv"},
    {"woff", "font/woff"},
    {"woff2", "font/woff2"},
    {"xht", "application/xhtml+xml"},
    {"xhtml", "application/xhtml+xml"},
    {"xls", "application/vnd.ms-excel"},
    {"xlsm", "application/vnd.ms-excel.sheet.macroenabled.12"},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {"xltx", "application/vnd.openxmlformats-officedocument.spreadsheetml.template"},
    {"xml", "application/xml"},
    {"xpi", "application/x-xpinstall"},
    {"xsd", "application/xml"},
    {"xsl", "application/xml"},
    {"xslt", "application/xslt+xml"},
    {"xspf", "application/xspf+xml"},
    {"xz", "application/x-xz"},
    {"yaml", "application/yaml"},
    {"yml", "application/yaml"},
    {"zip", "application/zip"},
    {"zst", "application/zstd"},
};
static_assert(std::ranges::is_sorted(kEntries, std::ranges::less{}, &Entry::extension));

constexpr std::size_t kLongestExtension =
    std::ranges::max(kEntries, std::ranges::less{}, [](const Entry& entry) {
      return entry.extension.size();
    }).extension.size();

// JSON needs no charset (RFC 8259 §8.1). XML declares its own, which a charset would override.
bool is_text(std::string_view type) { return type.starts_with("text/"); }

// Types outside text/ that are text, or formats without compression.
constexpr std::string_view kCompressible[] = {
    "application/json",
    "application/json5",
    "application/x-ndjson",
    "application/xml",
    "application/xml-dtd",
    "application/wasm",
    "application/yaml",
    "application/toml",
    "application/rtf",
    "application/postscript",
    "application/x-subrip",
    "application/vnd.apple.mpegurl",
    "application/x-ns-proxy-autoconfig",
    "application/vnd.ms-fontobject",
    "audio/x-mpegurl",
    "font/ttf",
    "font/otf",
    "font/collection",
    "image/bmp",
    "image/x-icon",
    "image/x-portable-pixmap",
    "model/obj",
    "model/stl",
};

bool compresses(std::string_view type) {
  return is_text(type) || type.ends_with("+json") || type.ends_with("+xml") ||
         std::ranges::find(kCompressible, type) != std::end(kCompressible);
}

std::string_view name_of_type(std::string_view path) noexcept {
  const std::string_view name = path.substr(path.rfind('/') + 1);  // npos + 1 is 0
  const std::size_t dot = name.rfind('.');
  // A leading dot begins a hidden name, not an extension.
  if (dot == std::string_view::npos || dot == 0) return kDefaultMediaType;
  const std::string_view extension = name.substr(dot + 1);
  if (extension.size() > kLongestExtension) return kDefaultMediaType;

  std::array<char, kLongestExtension> lower{};
  std::ranges::transform(extension, lower.begin(), http::ascii_lower);
  const std::string_view wanted(lower.data(), extension.size());
  const auto* entry =
      std::ranges::lower_bound(kEntries, wanted, std::ranges::less{}, &Entry::extension);
  return entry != std::end(kEntries) && entry->extension == wanted ? entry->type
                                                                   : kDefaultMediaType;
}

}  // namespace

MediaType media_type(std::string_view path) noexcept {
  const std::string_view name = name_of_type(path);
  return {.name = name, .is_text = is_text(name), .compresses = compresses(name)};
}

}  // namespace tusk::files
