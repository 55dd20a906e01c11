# cmake -D DIRECTORY=… -D OUTPUT=… -P EmbedAssets.cmake writes the files of the dashboard as strings of C++
# (src/admin/dashboard/assets.h), without the indentation and the lines that are comments.
set(definitions "")
foreach(asset kPage:dashboard.html kScript:dashboard.js kStyle:style.css kIcon:icon.svg)
  string(REPLACE ":" ";" parts "${asset}")
  list(GET parts 0 name)
  list(GET parts 1 file)
  file(READ "${DIRECTORY}/${file}" text)
  string(REGEX REPLACE "\n +" "\n" text "${text}")
  if(file MATCHES "\\.js$")
    string(REGEX REPLACE "(^|\n)(//[^\n]*\n)+" "\\1" text "${text}")
  endif()
  string(APPEND definitions "const std::string_view ${name} = R\"asset(${text})asset\";\n")
endforeach()
file(WRITE "${OUTPUT}" "#include \"admin/dashboard/assets.h\"\n\nnamespace tusk::admin::dashboard {\n\n"
  "${definitions}\n}  // namespace tusk::admin::dashboard\n")
