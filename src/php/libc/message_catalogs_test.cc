#include "php/libc/message_catalogs.h"

#include <string>

#include <gtest/gtest.h>

namespace tusk::php::libc {
namespace {

TEST(MessageCatalogs, UntilSomethingIsSetTheProcessIsMeant) {
  MessageCatalogs catalogs;
  EXPECT_FALSE(catalogs.changed());
  EXPECT_EQ(catalogs.name_for_libc(nullptr), nullptr);
  EXPECT_STREQ(catalogs.name_for_libc("shop"), "shop");
  EXPECT_STREQ(catalogs.set_domain(nullptr), "messages");
}

TEST(MessageCatalogs, EachBindingHasANameOfItsOwnForTheSameFile) {
  MessageCatalogs one;
  MessageCatalogs two;
  EXPECT_STREQ(one.bind("shop", "/srv/one"), "/srv/one");
  EXPECT_STREQ(two.bind("shop", "/srv/two"), "/srv/two");
  EXPECT_STREQ(one.bind("shop", nullptr), "/srv/one");
  const std::string first = one.name_for_libc("shop");
  const std::string second = two.name_for_libc("shop");
  EXPECT_NE(first, second);
  for (const std::string& name : {first, second}) {
    EXPECT_TRUE(name.ends_with("/shop")) << name;
    EXPECT_EQ(name.find_first_not_of("./"), name.size() - 4) << name;
  }
  MessageCatalogs again;
  again.bind("shop", "/srv/one");
  EXPECT_EQ(again.name_for_libc("shop"), first) << "bound once for all threads";
  again.bind_codeset("shop", "ISO-8859-1");
  EXPECT_NE(again.name_for_libc("shop"), first) << "another encoding";
}

TEST(MessageCatalogs, TheDefaultDomainIsTheThreadsUntilReset) {
  MessageCatalogs catalogs;
  EXPECT_STREQ(catalogs.set_domain("shop"), "shop");
  EXPECT_STREQ(catalogs.name_for_libc(nullptr), "shop");
  EXPECT_TRUE(catalogs.changed());
  EXPECT_STREQ(catalogs.set_domain(""), "messages");
  catalogs.reset();
  EXPECT_FALSE(catalogs.changed());
  EXPECT_EQ(catalogs.name_for_libc(nullptr), nullptr);
}

TEST(MessageCatalogs, ADomainWithoutANameIsRefused) {
  MessageCatalogs catalogs;
  EXPECT_EQ(catalogs.bind("", "/srv"), nullptr);
  EXPECT_EQ(catalogs.bind(nullptr, "/srv"), nullptr);
  EXPECT_EQ(catalogs.bind_codeset("", "UTF-8"), nullptr);
  EXPECT_FALSE(catalogs.changed());
}

TEST(MessageCatalogs, GoesBackToWhatWasKept) {
  MessageCatalogs catalogs;
  catalogs.bind("shop", "/srv/kept");
  catalogs.keep();
  catalogs.set_domain("other");
  catalogs.bind("shop", "/srv/changed");
  catalogs.bind_codeset("new", "UTF-8");
  catalogs.put_back();
  EXPECT_STREQ(catalogs.set_domain(nullptr), "messages");
  EXPECT_STREQ(catalogs.bind("shop", nullptr), "/srv/kept");
  EXPECT_EQ(catalogs.bind_codeset("new", nullptr), nullptr);
}

}  // namespace
}  // namespace tusk::php::libc
