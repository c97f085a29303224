// SPDX-License-Identifier: Apache-2.0
#include "platform/windows/call_probe.h"

#include "platform/windows/unique_handle.h"

namespace riposte {
namespace {

using Call = DWORD (*)();

// Of the exception that a name without a call raises (Wine include/winnt.h and winternl.h: EXCEPTION_WINE_STUB).
constexpr DWORD kWineStub = 0x80000100;

thread_local bool is_probing = false;

LONG CALLBACK leave_stub(EXCEPTION_POINTERS* pointers) {
    if (is_probing && pointers->ExceptionRecord->ExceptionCode == kWineStub) ::ExitThread(kWineStub);
    return EXCEPTION_CONTINUE_SEARCH;
}

DWORD WINAPI probe(void* call) {
    is_probing = true;
    return (*static_cast<Call*>(call))();
}

}  // namespace

bool is_real_call(Call ask_the_impossible) {
    void* const handler = ::AddVectoredExceptionHandler(1, leave_stub);
    const UniqueHandle thread(::CreateThread(nullptr, 0, probe, &ask_the_impossible, 0, nullptr));
    DWORD code = NO_ERROR;
    if (thread && ::WaitForSingleObject(thread.get(), INFINITE) == WAIT_OBJECT_0)
        ::GetExitCodeThread(thread.get(), &code);
    ::RemoveVectoredExceptionHandler(handler);
    return code != NO_ERROR && code != kWineStub;
}

}  // namespace riposte
