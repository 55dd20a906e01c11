# tusk_library(NAME [RECURSE] [DEPENDS ...]) makes one folder of src/ a static library `tusk_NAME`; the
# files that end in _test.cc are its unit tests, one program for each folder. With RECURSE the folders
# inside it belong to the same library, because they use each other in both directions. Tests whose paths
# match TESTED_APART belong to another program, which is not made here. Sources whose paths match LEFT_OUT
# are not compiled.
#
# group_sources(TARGET SOURCE...) has the sources compiled in groups (tools/setup/unity_groups.py).
function(group_sources target)
  execute_process(
    COMMAND "${Python3_EXECUTABLE}" "${CMAKE_SOURCE_DIR}/tools/setup/unity_groups.py" 150000 ${ARGN}
    OUTPUT_VARIABLE groups OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  # A line is a list itself.
  string(REPLACE ";" "|" groups "${groups}")
  string(REPLACE "\n" ";" groups "${groups}")
  set(number 0)
  foreach(group IN LISTS groups)
    math(EXPR number "${number} + 1")
    string(REPLACE "|" ";" members "${group}")
    set_source_files_properties(${members} PROPERTIES UNITY_GROUP "${number}")
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
endfunction()

function(tusk_library name)
  cmake_parse_arguments(ARG "RECURSE" "TESTED_APART;LEFT_OUT" "DEPENDS;TEST_DEPENDS" ${ARGN})
  string(REPLACE "/" "_" target "tusk_${name}")
  if(ARG_RECURSE)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/src/${name}/*.cc")
  else()
    file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/src/${name}/*.cc")
  endif()
  if(ARG_LEFT_OUT)
    list(FILTER sources EXCLUDE REGEX "${ARG_LEFT_OUT}")
  endif()
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  if(ARG_TESTED_APART)
    list(FILTER tests EXCLUDE REGEX "${ARG_TESTED_APART}")
  endif()
  add_library(${target} STATIC ${sources})
  target_link_libraries(${target} PUBLIC tusk_flags ${ARG_DEPENDS})
  set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX)
  if(TUSK_UNITY)
    group_sources(${target} ${sources})
  endif()
  if(tests)
    add_executable(${target}_test ${tests})
    target_link_libraries(${target}_test PRIVATE ${target} ${ARG_TEST_DEPENDS} GTest::gtest_main GTest::gmock)
    target_compile_definitions(${target}_test PRIVATE TUSK_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    if(TUSK_UNITY)
      group_sources(${target}_test ${tests})
    endif()
    add_test(NAME ${target} COMMAND ${target}_test)
    set_tests_properties(${target} PROPERTIES TIMEOUT 300)
  endif()
endfunction()
