#include "php/ini.h"

#include <gtest/gtest.h>

namespace tusk::php {
namespace {

TEST(Ini, EntriesAreReadAsPhpIniWouldBe) {
  EXPECT_EQ(ini_entries({}), "zend_extension=opcache\n");
  EXPECT_EQ(ini_entries({{"memory_limit", "64M"},
                         {"error_reporting", "E_ALL"},
                         {"error_log", "/var/log/x"},
                         {"name", "\"quoted\""},
                         {"empty", ""}}),
            "zend_extension=opcache\n"
            "memory_limit=64M\n"
            "error_reporting=E_ALL\n"
            "error_log=\"/var/log/x\"\n"
            "name=\"quoted\"\n"
            "empty=\n");
}

TEST(Ini, OpcacheIsLoadedOnce) {
  EXPECT_EQ(ini_entries({{"zend_extension", "opcache.so"}}), "zend_extension=opcache.so\n");
  EXPECT_EQ(ini_entries({{"zend_extension", "xdebug"}}),
            "zend_extension=opcache\nzend_extension=xdebug\n");
}

}  // namespace
}  // namespace tusk::php
