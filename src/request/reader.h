// SPDX-License-Identifier: Apache-2.0
// Takes members out of an untrusted document so that no other JSON reader could have understood it differently: a
// member that stands twice is an error. Names are compared as the loosest reader in the field does it (cJSON: without
// case, up to a NUL).
#pragma once

#include "platform/include/result.h"
#include "src/request/document.h"

#include <optional>
#include <string>
#include <string_view>

namespace riposte {

bool same_name(std::string_view left, std::string_view right);
bool is_absent(std::string_view text);  // "", "-", "(null)", "null"

// The first error sticks and everything read after it is absent, so that callers look once, at the end. A path is only
// for the messages, except for its last part, the member's name. A null parent has no members; a null value counts as
// absent.
class Reader {
  public:
    enum class Need { Optional, Required };

    const std::optional<Error>& error() const { return error_; }
    void fail(std::string what);

    // The envelope's members must be spelt exactly: another spelling would be passed on beside the one that is set
    // here.
    const Document* member(const Document* parent, std::string_view path, Need need = Need::Optional);
    const Document* object(const Document* parent, std::string_view path, Need need = Need::Optional);
    const Document* number(const Document* parent, std::string_view path, Need need = Need::Optional);
    std::string string(const Document* parent, std::string_view path, Need need = Need::Optional);

    // An alert's value at "data.srcip", each part in any case, nested or (`flat`) with the rest of the path as one
    // name.
    enum class Layout { Nested, NestedOrFlat };
    const Document* field(const Document* root, std::string_view dotted, Layout layout);
    std::string string_field(const Document* root, std::string_view dotted, Layout layout);
    // A string or a number of at most 256 bytes without control characters.
    std::string id_field(const Document* root, std::string_view dotted, Layout layout);

  private:
    const Document::Member* sole(const Document* parent, std::string_view name, std::string_view path);
    const Document* field_at(const Document* parent, std::string_view rest, std::string_view dotted, Layout layout);

    std::optional<Error> error_;
};

}  // namespace riposte
