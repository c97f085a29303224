// SPDX-License-Identifier: Apache-2.0
// Results in checks: a failed check shows the error, and an expected error is compared by its text.
#pragma once

#include "platform/include/result.h"

#include <doctest/doctest.h>

#include <string>

template <class T>
struct doctest::StringMaker<riposte::Result<T>> {
    static String convert(const riposte::Result<T>& result) {
        return result ? String("a value") : String(result.error().text().c_str());
    }
};

namespace riposte::test {

// The error as it is told; empty for a value.
template <class T>
std::string error_text(const Result<T>& result) {
    return result ? std::string() : result.error().text();
}

}  // namespace riposte::test
