// Refuses requests that a web page of another site has made somebody's browser send.
//
// A browser can reach addresses that its network cannot be reached at from outside, such as the
// loopback interface. By default a page cannot read an answer of another site, unless its own name
// is made to lead to that address ("DNS rebinding"): then the browser believes that both are one
// site. But the Host field still has the page's name.
//
// Pure functions. Thread: any.
#pragma once

#include <string_view>

#include "http/request.h"

namespace tusk::admin {

// Whether another site's page has caused the request, as the browser says (Sec-Fetch-Site). Links
// to the internal server are fine: the page that has them cannot read what they lead to.
bool comes_from_other_site(const http::RequestHead& head);

// Whether no stranger can make a browser send this name, which is without a port and in lower case:
// an address, a name without a dot, this machine's name, or one of a domain that no one can
// register (localhost, local, internal, home.arpa, test).
bool is_local_name(std::string_view host, std::string_view machine_name);

}  // namespace tusk::admin
