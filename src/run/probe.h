// SPDX-License-Identifier: Apache-2.0
// A question to an executable outside of any action, asked in argv alone: see src/request/response_marker.h.
#pragma once

#include "src/alive.h"
#include "src/run/execution.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace riposte {

// Loop thread. Destroying it ends the executable if it still runs; `answered` is then not called.
class Probe final : public Execution::Owner {
  public:
    static constexpr std::chrono::seconds kDeadline{30};
    // `answered` is called once, on the loop, never inside this call: with up to 64 KiB of output, or with
    // Outcome::Kind::NotStarted and a text.
    static std::unique_ptr<Probe> ask(Spawner& spawner, const std::filesystem::path& home,
                                      const std::string& executable, std::vector<std::string> arguments,
                                      std::function<void(Outcome)> answered);
    ~Probe() override;

    explicit Probe(std::function<void(Outcome)> answered) : answered_(std::move(answered)) {}
    Probe(const Probe&) = delete;
    Probe& operator=(const Probe&) = delete;

  private:
    void on_started() override { execution_->tell(""); }
    void on_keys(std::vector<std::string>) override {}
    void on_no_keys() override {}
    void on_end(Outcome outcome) override;

    std::function<void(Outcome)> answered_;
    std::shared_ptr<Execution> execution_;
    Alive alive_;
};

// Which executables answer questions. Looks into a file once, and again when it has changed.
class Askable {
  public:
    explicit Askable(std::filesystem::path bin) : bin_(std::move(bin)) {}
    bool operator()(const std::string& executable);

  private:
    struct Seen {
        std::filesystem::file_time_type changed;
        std::uintmax_t size = 0;
        bool answers = false;
    };
    std::filesystem::path bin_;
    std::map<std::string, Seen> seen_;
};

}  // namespace riposte
