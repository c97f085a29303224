// SPDX-License-Identifier: Apache-2.0
// Helpers of nearly every contract test of platform/.
#pragma once

#include "tests/support/files.h"
#include "tests/support/loop.h"
#include "tests/support/result.h"
#include "tests/support/wait.h"
