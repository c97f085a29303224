// SPDX-License-Identifier: Apache-2.0
// What nearly every contract test of platform/ needs.
#pragma once

#include "tests/support/files.h"
#include "tests/support/loop.h"
#include "tests/support/result.h"
#include "tests/support/wait.h"
