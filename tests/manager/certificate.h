// SPDX-License-Identifier: Apache-2.0
// Certificates for tests, valid from yesterday for a month.
#pragma once

#include "tests/manager/types.h"

#include <string>
#include <vector>

namespace riposte::simulator {

struct CertificateNames {
    std::string common_name;
    std::vector<std::string> dns;
    std::vector<std::string> addresses;
};

// One that nobody vouches for, made once per process, as a manager's installation makes it.
const Certificate& self_signed_certificate();
// One that issues others.
Certificate make_authority(const std::string& common_name);
// For a server or a client.
Certificate issue_certificate(const Certificate& authority, const CertificateNames& names);

}  // namespace riposte::simulator
