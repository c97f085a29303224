// SPDX-License-Identifier: Apache-2.0
// Helpers for the tests of logs: a recorder of the program's log, and questions about a file's mode.
#pragma once

#include "src/log/log.h"
#include "tests/support/clock.h"
#include "tests/support/files.h"
#include "tests/support/skip.h"

#include <Poco/AutoPtr.h>
#include <Poco/Channel.h>
#include <Poco/Message.h>
#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace riposte::test {

// Collects what goes to log() while it lives.
class CapturedLog {
  public:
    CapturedLog() : channel_(new Collector), before_(log().getChannel()), level_(log().getLevel()) {
        log().setChannel(channel_);
        log().setLevel(Poco::Message::PRIO_DEBUG);
    }
    ~CapturedLog() {
        log().setChannel(before_);
        log().setLevel(level_);
    }
    CapturedLog(const CapturedLog&) = delete;
    CapturedLog& operator=(const CapturedLog&) = delete;
    const std::vector<std::string>& texts() const { return channel_->texts; }

  private:
    struct Collector : Poco::Channel {
        void log(const Poco::Message& message) override { texts.push_back(message.getText()); }
        std::vector<std::string> texts;
    };
    Poco::AutoPtr<Collector> channel_;
    Poco::Channel::Ptr before_;
    int level_;
};

inline void skip_files_in_use() {
    skip("on this system nobody can move or remove a file that is in use");
}

inline void check_private(const std::filesystem::path& file) {
    if (!file_features().modes) {
        skip("the mode of the file: on this system the access list of its directory keeps others out");
        return;
    }
    const auto others = std::filesystem::status(file).permissions() & std::filesystem::perms::others_all;
    CHECK(others == std::filesystem::perms::none);
}

}  // namespace riposte::test
