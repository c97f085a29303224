// SPDX-License-Identifier: Apache-2.0
#include "src/run/probe.h"

#include "platform/include/environment.h"
#include "platform/include/paths.h"
#include "platform/include/utf8_path.h"
#include "src/request/response_marker.h"

#include <boost/asio/post.hpp>

#include <fstream>
#include <functional>
#include <iterator>
#include <system_error>
#include <utility>

namespace riposte {

namespace {

namespace fs = std::filesystem;

// No executable of a response is larger than this; what is, is not searched.
constexpr std::uintmax_t kLargestFile = 64U << 20U;

bool holds_marker(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(in), {}};
    return content.find(kResponseMarker) != std::string::npos;
}

}  // namespace

std::unique_ptr<Probe> Probe::ask(Spawner& spawner, const fs::path& home, const std::string& executable,
                                  std::vector<std::string> arguments, std::function<void(Outcome)> answered) {
    auto probe = std::make_unique<Probe>(std::move(answered));
    Result<TrustedExecutable> trusted = open_trusted_executable(bin_directory(home), executable);
    if (!trusted) {
        Outcome outcome;
        outcome.kind = Outcome::Kind::NotStarted;
        outcome.text = trusted.error().text();
        boost::asio::post(spawner.loop(), probe->alive_.guard([raw = probe.get(), outcome = std::move(outcome)] {
            raw->on_end(outcome);
        }));
        return probe;
    }
    SpawnRequest request;
    request.arguments = std::move(arguments);
    request.arguments.insert(request.arguments.begin(), program_name(executable));
    request.environment = executable_environment();
    request.working_directory = home.string();
    Execution::Limits limits;
    limits.deadline = kDeadline;
    probe->execution_ = Execution::start(spawner, std::move(*trusted), std::move(request), limits, *probe);
    return probe;
}

Probe::~Probe() {
    if (execution_) execution_->detach();
}

void Probe::on_end(Outcome outcome) {
    execution_.reset();
    // The handler may destroy this object.
    const auto answered = std::exchange(answered_, nullptr);
    answered(std::move(outcome));
}

bool Askable::operator()(const std::string& executable) {
    const fs::path file = bin_ / utf8_path(executable);
    std::error_code failed;
    const auto size = fs::file_size(file, failed);
    if (failed || size > kLargestFile) return false;
    const auto changed = fs::last_write_time(file, failed);
    if (failed) return false;
    Seen& seen = seen_[executable];
    if (seen.changed != changed || seen.size != size) seen = {changed, size, holds_marker(file)};
    return seen.answers;
}

}  // namespace riposte
