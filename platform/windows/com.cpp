// SPDX-License-Identifier: Apache-2.0
#include "platform/windows/com.h"

#include "platform/windows/wide.h"

#include <array>
#include <cstdio>

namespace riposte {

ComText::ComText(std::string_view utf8) {
    const std::wstring text = wide(utf8);
    text_ = ::SysAllocStringLen(text.data(), static_cast<UINT>(text.size()));
}

std::string ComText::utf8() const {
    return text_ == nullptr ? std::string() : narrow(std::wstring_view(text_, ::SysStringLen(text_)));
}

Error com_error(HRESULT code, const std::string& what) {
    if (code == E_NOTIMPL || code == REGDB_E_CLASSNOTREG || code == CO_E_CLASSSTRING)
        return failure(std::errc::not_supported, what + ": this system does not have that");
    if (HRESULT_FACILITY(code) == FACILITY_WIN32) return os_error(HRESULT_CODE(code), what);
    std::array<char, 16> number{};
    std::snprintf(number.data(), number.size(), "0x%08lx", static_cast<unsigned long>(code));
    return failure(what + ": COM error " + number.data());
}

}  // namespace riposte
