// SPDX-License-Identifier: Apache-2.0
#include "src/run/question.h"

#include "platform/include/environment.h"
#include "platform/include/paths.h"
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

constexpr std::size_t kKeptOutput = 65'536;
// No executable of a response is larger than this; what is, is not searched.
constexpr std::uintmax_t kLargestFile = 64U << 20U;

bool holds_marker(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(in), {}};
    return content.find(kResponseMarker) != std::string::npos;
}

}  // namespace

std::unique_ptr<Question> Question::ask(boost::asio::io_context& loop, const fs::path& home,
                                        const std::string& executable, std::vector<std::string> arguments,
                                        std::function<void(Outcome)> answered) {
    auto question = std::make_unique<Question>(std::move(answered));
    const Result<TrustedExecutable> trusted = open_trusted_executable(bin_directory(home), executable);
    Result<std::shared_ptr<Execution>> started = failure("");
    if (trusted) {
        SpawnRequest request;
        request.executable = &*trusted;
        request.arguments = std::move(arguments);
        request.arguments.insert(request.arguments.begin(), program_name(executable));
        request.environment = child_environment();
        request.working_directory = home.string();
        Execution::Limits limits;
        limits.deadline = kDeadline;
        limits.kept_output = kKeptOutput;
        started = Execution::start(loop, request, limits, *question);
    } else {
        started = trusted.error();
    }
    if (started) {
        question->execution_ = std::move(*started);
        question->execution_->tell("");
        return question;
    }
    Outcome outcome;
    outcome.kind = Outcome::Kind::NotStarted;
    outcome.text = started.error().text();
    boost::asio::post(
        loop, [told = std::exchange(question->answered_, nullptr), outcome = std::move(outcome)] { told(outcome); });
    return question;
}

Question::~Question() {
    if (execution_) execution_->detach();
}

void Question::on_end(Outcome outcome) {
    execution_.reset();
    // The handler may destroy this object.
    const auto answered = std::exchange(answered_, nullptr);
    answered(std::move(outcome));
}

bool Askable::operator()(const std::string& executable) {
    const fs::path file = bin_ / executable;
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
