// DOMDocumentFragment::appendXML() with elements that are nested deeper than libxml2 accepts.
//
// libxml2 2.9.14 (Debian 12) then frees names that belong to the document's dictionary
// (xmlParseBalancedChunkMemoryRecover() in its parser.c: the document that it parses into has
// none), and the process ends by abort(), or continues with a corrupted heap. So text that is too
// deep is refused beforehand, in the way every libxml2 refuses it: with its error, and without a
// result.
//
// Thread: any.

#include <cstring>
#include <string_view>

#include "php/libc/libc_function.h"
#include "php/library/xml_nesting.h"

namespace {

using Parse = int(void* document, void* handler, void* user_data, int depth,
                  const unsigned char* text, void** list);
// __xmlRaiseError() of libxml/xmlerror.h, whose headers need not be installed.
using RaiseError = void(void* structured, void* channel, void* data, void* context, void* node,
                        int domain, int code, int level, const char* file, int line,
                        const char* text1, const char* text2, const char* text3, int number,
                        int column, const char* format, ...);

constexpr int kFromParser = 1;     // XML_FROM_PARSER
constexpr int kInternalError = 1;  // XML_ERR_INTERNAL_ERROR, which libxml2 uses for this
constexpr int kFatal = 3;          // XML_ERR_FATAL
constexpr unsigned kUsualLimit = 256;

}  // namespace

extern "C" int xmlParseBalancedChunkMemory(void* document, void* handler, void* user_data,
                                           int depth, const unsigned char* text, void** list) {
  using tusk::php::libc::libc_function;
  static const auto parse = libc_function<Parse>("xmlParseBalancedChunkMemory");
  static const auto raise = libc_function<RaiseError>("__xmlRaiseError");
  static const auto limit = libc_function<const unsigned>("xmlParserMaxDepth");
  const unsigned most = limit != nullptr ? *limit : kUsualLimit;
  const auto* const bytes = reinterpret_cast<const char*>(text);
  if (bytes == nullptr ||
      !tusk::php::library::nested_deeper_than({bytes, std::strlen(bytes)}, most)) {
    return parse(document, handler, user_data, depth, text, list);
  }
  if (list != nullptr) *list = nullptr;
  if (raise != nullptr) {
    raise(nullptr, nullptr, nullptr, nullptr, nullptr, kFromParser, kInternalError, kFatal, nullptr,
          0, nullptr, nullptr, nullptr, 0, 0,
          "Excessive depth in document: %d use XML_PARSE_HUGE option\n", static_cast<int>(most));
  }
  return kInternalError;
}
