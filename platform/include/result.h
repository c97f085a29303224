// SPDX-License-Identifier: Apache-2.0
// The vocabulary of everything that can fail: an Error is a sentence, a Result is a value or an Error.
#pragma once

#include <boost/system/result.hpp>

#include <string>
#include <system_error>
#include <utility>

namespace riposte {

// `what` names the call and its object ("open /etc/riposte/riposte.conf"), `code` the operating system's reason.
// A code of 0 means that `what` is the whole sentence.
struct Error {
    std::error_code code;
    std::string what;

    // One line for people, without a final period: "open /x/y: Permission denied". A reason for which the C library has
    // no words is told by its number.
    std::string text() const {
        if (!code) return what;
        const std::string reason = code.message();
        const bool has_words = !reason.empty() && !reason.starts_with("Unknown error");
        return what + ": " + (has_words ? reason : "error " + std::to_string(code.value()));
    }
};

// Callers must look: .value() of a Result does not compile, since Error has no throw hook.
template <class T>
using Result = boost::system::result<T, Error>;

inline Error failure(std::string what) {
    return Error{{}, std::move(what)};
}
inline Error failure(std::errc code, std::string what) {
    return Error{std::make_error_code(code), std::move(what)};
}

}  // namespace riposte
