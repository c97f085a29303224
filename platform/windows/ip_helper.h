// SPDX-License-Identifier: Apache-2.0
// The IP Helper API's headers: each leaves out what those before it did not bring. Private to platform/windows.
#pragma once

// clang-format off
#include <winsock2.h>
#include <ws2tcpip.h>
#include <iphlpapi.h>
#include <netioapi.h>
// clang-format on
