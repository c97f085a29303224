// SPDX-License-Identifier: Apache-2.0
// A service of the service manager's (SCM), opened. Private to platform/windows.
#pragma once

#include "platform/include/result.h"

#include <memory>
#include <string>
#include <type_traits>
#include <windows.h>

namespace riposte {

struct ServiceCloser {
    void operator()(SC_HANDLE handle) const { ::CloseServiceHandle(handle); }
};
using ServiceHandle = std::unique_ptr<std::remove_pointer_t<SC_HANDLE>, ServiceCloser>;

Result<ServiceHandle> open_service_manager(DWORD rights);

class Service {
  public:
    // Error no_such_file_or_directory: there is none of that name.
    static Result<Service> open(const std::string& name, DWORD rights);

    SC_HANDLE get() const { return handle_.get(); }
    Result<SERVICE_STATUS_PROCESS> query() const;
    // Both wait until it is done, as long as the service shows signs of life; done already is success.
    Result<void> start() const;
    Result<void> stop() const;

  private:
    Service(ServiceHandle handle, std::string name) : handle_(std::move(handle)), name_(std::move(name)) {}
    Result<SERVICE_STATUS_PROCESS> wait_through(DWORD pending) const;

    ServiceHandle handle_;
    std::string name_;
};

// Of the last run.
DWORD exit_code_of(const SERVICE_STATUS_PROCESS& status);

}  // namespace riposte
