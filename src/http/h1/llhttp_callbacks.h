// LlhttpCallbacks: the callbacks of RequestParser.
//
// A part of request_parser.cc that has its own file because of its length; nothing else includes
// it. Thread: as RequestParser.
#pragma once

#include <cstddef>

#include <llhttp.h>

#include "http/h1/request_parser.h"

namespace tusk::http::h1 {

// The functions that llhttp calls while a RequestParser runs it.
struct LlhttpCallbacks {
  // llhttp's state after a request line: plain data, copied for each message.
  static llhttp_t after_request_line();

 private:
  static RequestParser& parser(llhttp_t* llhttp) {
    return *static_cast<RequestParser*>(llhttp->data);
  }

  static int on_header_field(llhttp_t* llhttp, const char* at, std::size_t length);
  static int on_header_field_complete(llhttp_t* llhttp);
  static int on_header_value(llhttp_t* llhttp, const char* at, std::size_t length);
  static int on_headers_complete(llhttp_t* llhttp);
};

}  // namespace tusk::http::h1
