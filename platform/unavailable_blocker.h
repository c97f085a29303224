// SPDX-License-Identifier: Apache-2.0
// A way to block that this system does not have. Private to platform.
#pragma once

#include "platform/include/address_blocker.h"

#include <string>
#include <utility>

namespace riposte {

class UnavailableBlocker final : public AddressBlocker {
  public:
    explicit UnavailableBlocker(std::string name) : name_(std::move(name)) {}

    std::string name() const override { return name_; }
    Result<std::string> check() override { return reason(); }
    Result<void> block(const std::string&, std::chrono::seconds) override { return reason(); }
    Result<bool> unblock(const std::string&) override { return reason(); }
    Result<std::vector<bool>> blocked(const std::vector<std::string>&) override { return reason(); }

  private:
    Error reason() const { return failure(std::errc::not_supported, "this system never has " + name_); }
    std::string name_;
};

}  // namespace riposte
