// Fragments that are nested deeper than libxml2 accepts (libxml_fragment.cc).

#include <string>

#include <dlfcn.h>
#include <gtest/gtest.h>

extern "C" int xmlParseBalancedChunkMemory(void* document, void* handler, void* user_data,
                                           int depth, const unsigned char* text, void** list);

namespace tusk::php::library {
namespace {

int parse(const std::string& text, void** list) {
  return ::xmlParseBalancedChunkMemory(nullptr, nullptr, nullptr, 0,
                                       reinterpret_cast<const unsigned char*>(text.c_str()), list);
}

std::string nested(int depth) {
  std::string text;
  for (int i = 0; i < depth; ++i) text += "<a>";
  for (int i = 0; i < depth; ++i) text += "</a>";
  return text;
}

TEST(LibxmlFragment, TextThatIsTooDeepIsRefusedWithoutAResult) {
  int unused = 0;
  void* list = &unused;
  EXPECT_EQ(parse(nested(10'000), &list), 1) << "XML_ERR_INTERNAL_ERROR";
  EXPECT_EQ(list, nullptr);
}

TEST(LibxmlFragment, OtherTextIsParsed) {
  void* list = nullptr;
  EXPECT_EQ(parse(nested(100), &list), 0);
  EXPECT_NE(list, nullptr);
  auto* const free_list =
      reinterpret_cast<void (*)(void*)>(::dlsym(RTLD_DEFAULT, "xmlFreeNodeList"));
  ASSERT_NE(free_list, nullptr);
  free_list(list);
  list = nullptr;
  EXPECT_NE(parse("<a>", &list), 0) << "libxml2 judges it";
}

}  // namespace
}  // namespace tusk::php::library
