// SPDX-License-Identifier: Apache-2.0
// Owners for what COM hands out. Private to platform/windows.
#pragma once

#include "platform/include/result.h"

#include <memory>
#include <objbase.h>
#include <oleauto.h>
#include <string>
#include <string_view>

namespace riposte {

// COM for this thread, as long as it lives.
class ComLibrary {
  public:
    ComLibrary() : result_(::CoInitializeEx(nullptr, COINIT_MULTITHREADED)) {}
    ~ComLibrary() {
        if (SUCCEEDED(result_)) ::CoUninitialize();
    }
    ComLibrary(const ComLibrary&) = delete;
    ComLibrary& operator=(const ComLibrary&) = delete;

  private:
    HRESULT result_;
};

struct ComReleaser {
    void operator()(IUnknown* object) const { object->Release(); }
};
template <class Interface>
using ComPointer = std::unique_ptr<Interface, ComReleaser>;

// Text as COM passes it.
class ComText {
  public:
    ComText() = default;
    explicit ComText(std::string_view utf8);
    ~ComText() { ::SysFreeString(text_); }
    ComText(const ComText&) = delete;
    ComText& operator=(const ComText&) = delete;

    BSTR get() const { return text_; }
    // For a call that stores one here; only once.
    BSTR* put() { return &text_; }
    std::string utf8() const;

  private:
    BSTR text_ = nullptr;
};

// not_supported for what says that there is no such thing on this system. `what` as in os_error().
Error com_error(HRESULT code, const std::string& what);

template <class Interface, class Class>
Result<ComPointer<Interface>> create_com_object(const std::string& what) {
    void* object = nullptr;
    const HRESULT code =
        ::CoCreateInstance(__uuidof(Class), nullptr, CLSCTX_INPROC_SERVER, __uuidof(Interface), &object);
    if (FAILED(code) || object == nullptr)
        return com_error(FAILED(code) ? code : REGDB_E_CLASSNOTREG, "create " + what);
    return ComPointer<Interface>(static_cast<Interface*>(object));
}

}  // namespace riposte
