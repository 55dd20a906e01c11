#include "files/missing_coding.h"

#include <string_view>

namespace tusk::files {

using http::ContentCoding;

ContentCoding missing_coding(const http::RequestHead& request, const ServedFile& file,
                             const http::coding::Policy& policy) {
  if (!file.identity()->may_be_compressed || request.contains("range")) {
    return ContentCoding::kIdentity;
  }
  const std::string_view method = request.view(request.method);
  if (method != "GET" && method != "HEAD") return ContentCoding::kIdentity;
  const auto accepted = http::AcceptEncoding::of(request);
  const ContentCoding wanted = accepted.choose(policy.files);
  const auto representation = [&](ContentCoding coding) -> const RepresentationRef& {
    return file.in[static_cast<std::size_t>(coding)];
  };
  if (wanted == ContentCoding::kIdentity || representation(wanted) != nullptr) {
    return ContentCoding::kIdentity;
  }
  for (const ContentCoding coding :
       {ContentCoding::kGzip, ContentCoding::kBrotli, ContentCoding::kZstd}) {
    if (representation(coding) != nullptr && !representation(coding)->made_here &&
        accepted.quality(coding) >= accepted.quality(wanted)) {
      return ContentCoding::kIdentity;
    }
  }
  return wanted;
}

}  // namespace tusk::files
