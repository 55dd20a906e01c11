// The files of the dashboard: dashboard.html, the scripts, style.css and icon.svg beside this
// header, which the build makes strings of the program (cmake/EmbedAssets.cmake).
//
// Thread: any (constants only).
#pragma once

#include <string_view>

namespace tusk::admin::dashboard {

extern const std::string_view kPage;    // a template: dashboard_page.cc replaces its {{names}}
extern const std::string_view kScript;  // elements.js, charts.js and dashboard.js as one file
extern const std::string_view kStyle;
extern const std::string_view kIcon;

}  // namespace tusk::admin::dashboard
