// SPDX-License-Identifier: Apache-2.0
// Says which tests of the service Windows does not have, and why.
#include <doctest/doctest.h>

TEST_CASE("what is tested on other systems only") {
    MESSAGE("skipped: datagrams and sockets that a service manager holds: Windows has no local request socket");
    MESSAGE("skipped: a full disk: no small file system can be mounted for a test");
    MESSAGE("skipped: signals: a stop is Ctrl-Break here, a reload comes through the control pipe");
    MESSAGE("skipped: modes of sockets and files: access lists are tested in platform_test");
}
