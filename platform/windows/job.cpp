// SPDX-License-Identifier: Apache-2.0
#include "platform/windows/job.h"

#include "platform/windows/wide.h"

namespace riposte {
namespace {

constexpr UINT kEndedExitCode = 137;

bool set_limits(HANDLE job, DWORD flags) {
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits{};
    limits.BasicLimitInformation.LimitFlags = flags;
    return ::SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof(limits)) != 0;
}

}  // namespace

Result<Job> Job::create() {
    UniqueHandle handle(::CreateJobObjectW(nullptr, nullptr));
    // The second: a crash ends the process, without a dialog that nobody would see.
    if (!handle ||
        !set_limits(handle.get(), JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION)) {
        return os_error(::GetLastError(), "create a job");
    }
    return Job(std::move(handle));
}

Result<void> Job::add(HANDLE process) const {
    if (::AssignProcessToJobObject(handle_.get(), process) == 0) return os_error(::GetLastError(), "join a job");
    return {};
}

void Job::end_all() const {
    ::TerminateJobObject(handle_.get(), kEndedExitCode);
}

bool Job::is_empty() const {
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION information{};
    return ::QueryInformationJobObject(handle_.get(), JobObjectBasicAccountingInformation, &information,
                                       sizeof(information), nullptr) == 0 ||
           information.ActiveProcesses == 0;
}

void Job::let_go() const {
    set_limits(handle_.get(), 0);
}

}  // namespace riposte
