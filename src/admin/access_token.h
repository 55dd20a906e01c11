// AccessToken: the token that requests to the internal server must have.
//
// Owner: the AdminRouter. Thread: any; constant once read.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace tusk::admin {

class AccessToken {
 public:
  // No token is required.
  AccessToken() = default;
  explicit AccessToken(std::string token) : token_(std::move(token)) {}
  AccessToken(AccessToken&&) = default;
  AccessToken& operator=(AccessToken&&) = default;
  ~AccessToken();  // overwrites the token

  // The file's content, without white space at its end; an empty path: no token is required. An
  // error never quotes the token.
  static base::Result<AccessToken> read(const std::string& path);

  bool required() const { return !token_.empty(); }
  // Whether the value of an Authorization field has the token: as a bearer token (RFC 6750 §2.1),
  // or as the password of a browser's user (RFC 7617). The time that this takes says nothing about
  // the token's characters.
  bool admits(std::string_view authorization) const;

 private:
  bool equals(std::string_view given) const;

  std::string token_;
};

}  // namespace tusk::admin
