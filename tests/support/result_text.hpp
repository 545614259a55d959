// SPDX-License-Identifier: AGPL-3.0-or-later
// Catch2, told how to show a Result: so that CHECK(result) compiles, and shows the error when there
// is one.
#pragma once

#include <string>

#include "base/error.hpp"
#include "support/catch.hpp"

template <class T>
struct Catch::StringMaker<boost::system::result<T, synapse::Error>> {
  static std::string convert(const boost::system::result<T, synapse::Error>& result) {
    return result ? "a value" : "the error: " + result.error().message;
  }
};
