// SPDX-License-Identifier: Apache-2.0
// This process as the service manager (SCM) knows it. Private to platform/windows.
#pragma once

namespace riposte {

// The service's name, and the event log's source.
inline constexpr const wchar_t* kServiceName = L"Riposte";

// How long the service manager waits for the next sign of life while a start or a stop is under way. A start recovers
// the ledger first, a stop lets what runs end (20 s) before it ends it.
inline constexpr unsigned long kStartHintMs = 120'000;
inline constexpr unsigned long kStopHintMs = 30'000;

// True from the start of run_service()'s body on if the service manager started this process.
bool runs_under_service_manager();

}  // namespace riposte
