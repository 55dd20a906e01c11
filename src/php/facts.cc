#include "php/facts.h"

#include "exec/executor.h"
#include "php/ini.h"
#include "php/ini_review.h"
#include "php/ini_syntax.h"
#include "php/opcache/preload_start.h"
#include "php/runtime.h"

namespace tusk::php {

Facts collect_facts(const Settings& settings, const exec::Engine* engine) {
  Facts facts;
  facts.build = build_name();
  facts.first_line_of_directives = first_line_of_directives(settings.directives);
  if (engine == nullptr) return facts;
  facts.name = Runtime::description();
  facts.version = engine->version();
  facts.description = engine->description();
  facts.start_files = engine->start_files();
  facts.extensions = loaded_extensions();
  facts.ini = Runtime::ini_files();
  facts.preload = {.script = opcache::preload_script(), .user = opcache::preload_user()};
  facts.validation = opcache::code_validation();
  facts.findings = review_ini(settings);
  facts.ini_errors = ini_syntax_errors();
  return facts;
}

}  // namespace tusk::php
