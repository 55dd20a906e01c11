#include "site/error_response.h"

#include <chrono>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <stdlib.h>

#include "base/test_directory.h"
#include "site/error_pages.h"

namespace tusk::site {
namespace {

using namespace std::chrono_literals;

http::RequestHead request_with(std::string_view accept) {
  http::RequestHead request;
  request.add_field("Accept", accept);
  return request;
}

TEST(ErrorResponse, IsAPageThatNeedsNothingElse) {
  http::ResponseHead head;
  std::string body = "old";
  make_error_response(404, nullptr, nullptr, head, body);
  EXPECT_EQ(head.status, 404);
  EXPECT_EQ(head.find("content-type"), "text/html; charset=utf-8");
  EXPECT_NE(body.find("404 Not Found"), std::string::npos);
  EXPECT_EQ(body.find("http"), std::string::npos) << "no external resource";
  EXPECT_EQ(body.find("old"), std::string::npos);
  EXPECT_FALSE(head.contains("retry-after"));
}

TEST(ErrorResponse, KeepsTheFieldsThatAreThere) {
  http::ResponseHead head;
  head.add("Allow", "GET");
  std::string body;
  make_error_response(405, nullptr, nullptr, head, body);
  EXPECT_EQ(head.find("allow"), "GET");
}

TEST(ErrorResponse, SaysWhenToComeBack) {
  http::ResponseHead head;
  std::string body;
  make_error_response(503, nullptr, nullptr, head, body);
  EXPECT_EQ(head.find("retry-after"), "1");
}

TEST(ErrorResponse, IsAProblemDocumentForWhoWantsJson) {
  http::ResponseHead head;
  std::string body;
  const http::RequestHead request = request_with("application/json, text/plain, */*");
  make_error_response(404, &request, nullptr, head, body);
  EXPECT_EQ(head.find("content-type"), "application/problem+json");
  EXPECT_EQ(body,
            "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,"
            "\"detail\":\"There is nothing at this address.\"}\n");
  EXPECT_EQ(head.find("vary"), "Accept");
  const http::RequestHead browser = request_with("text/html,application/xhtml+xml,*/*;q=0.8");
  head.clear();
  make_error_response(404, &browser, nullptr, head, body);
  EXPECT_EQ(head.find("content-type"), "text/html; charset=utf-8");
}

TEST(ErrorResponse, ARedirectIsComplete) {
  http::ResponseHead head;
  std::string body;
  make_redirect("/new?a=b", head, body, 308);
  EXPECT_EQ(head.status, 308);
  EXPECT_EQ(head.find("location"), "/new?a=b");
  EXPECT_FALSE(body.empty());
}

class ErrorPagesTest : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(directory_ / name) << text;
  }

  base::TestDirectory test_directory_;
  std::filesystem::path directory_ = test_directory_.path();
  base::MonotonicTime now_ = base::now();
};

TEST_F(ErrorPagesTest, TheStatusGoesBeforeItsClass) {
  write("404.html", "own");
  write("4xx.html", "class");
  write("4xx.php", "<?php");
  write("5xx.html", "five");
  ErrorPages pages(directory_.string());
  EXPECT_EQ(pages.find(404, now_)->html.identity()->bytes, "own");
  EXPECT_EQ(pages.find(404, now_)->script, "");
  EXPECT_EQ(pages.find(403, now_)->script, "/4xx.php");
  EXPECT_EQ(pages.find(403, now_)->html.identity()->bytes, "class");
  EXPECT_EQ(pages.find(503, now_)->html.identity()->bytes, "five");
  EXPECT_EQ(pages.find(200, now_), nullptr);
  EXPECT_EQ(ErrorPages().find(404, now_), nullptr);
}

TEST_F(ErrorPagesTest, AChangedPageIsReadAgain) {
  ErrorPages pages(directory_.string());
  EXPECT_EQ(pages.find(404, now_), nullptr);
  write("404.html", "first");
  EXPECT_EQ(pages.find(404, now_), nullptr) << "not looked at each time";
  now_ += ErrorPages::kCheckEvery;
  EXPECT_EQ(pages.find(404, now_)->html.identity()->bytes, "first");
  write("404.html", "the second");
  EXPECT_EQ(pages.find(404, now_)->html.identity()->bytes, "first");
  now_ += ErrorPages::kCheckEvery;
  EXPECT_EQ(pages.find(404, now_)->html.identity()->bytes, "the second");
  std::filesystem::remove(directory_ / "404.html");
  now_ += ErrorPages::kCheckEvery;
  EXPECT_EQ(pages.find(404, now_), nullptr);
}

TEST_F(ErrorPagesTest, AnEncodedPageIsKeptForItsOriginalOnly) {
  write("404.html", "first");
  ErrorPages pages(directory_.string());
  const files::RepresentationRef first = pages.find(404, now_)->html.identity();
  const auto encoded = std::make_shared<files::Representation>();
  const auto gzip = static_cast<std::size_t>(http::ContentCoding::kGzip);
  pages.keep(404, first, http::ContentCoding::kGzip, encoded);
  pages.keep(403, first, http::ContentCoding::kGzip, encoded);
  EXPECT_EQ(pages.find(404, now_)->html.in[gzip], encoded);
  now_ += ErrorPages::kCheckEvery;
  EXPECT_EQ(pages.find(404, now_)->html.in[gzip], encoded) << "the file is as it was";
  write("404.html", "the second");
  now_ += ErrorPages::kCheckEvery;
  EXPECT_EQ(pages.find(404, now_)->html.in[gzip], nullptr);
  pages.keep(404, first, http::ContentCoding::kGzip, encoded);
  EXPECT_EQ(pages.find(404, now_)->html.in[gzip], nullptr) << "it was made of another page";
}

TEST_F(ErrorPagesTest, WhatIsNoPageIsNotUsed) {
  write("404.html", std::string(ErrorPages::kMaxPageBytes + 1, 'x'));
  std::filesystem::create_directory(directory_ / "500.html");
  write("5xx.html", "five");
  ErrorPages pages(directory_.string());
  EXPECT_EQ(pages.find(404, now_), nullptr);
  EXPECT_EQ(pages.find(500, now_)->html.identity()->bytes, "five");
}

}  // namespace
}  // namespace tusk::site
