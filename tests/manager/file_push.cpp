// SPDX-License-Identifier: Apache-2.0
#include "tests/manager/file_push.h"

#include "tests/manager/cipher.h"
#include "tests/manager/messages.h"

#include <boost/asio/steady_timer.hpp>

namespace riposte::simulator {
namespace {

constexpr std::size_t kChunk = 900;
constexpr unsigned kMessagesBeforePause = 30;
constexpr std::size_t kMostQueuedChunks = 256 * 1024;
constexpr std::chrono::milliseconds kEndlessPause{1};

}  // namespace

struct FilePush::Job {
    Job(Core& core, std::string agent_id, std::string text)
        : id(std::move(agent_id)), content(std::move(text)), pause(core.loop) {}
    std::string id;
    std::string content;
    std::size_t sent = 0;
    boost::asio::steady_timer pause;
};

std::string FilePush::merged() const {
    return merged_files(core_.options);
}

Result<void> FilePush::push(Agent& agent, const std::string& name, const std::string& sum, const std::string& content) {
    if (agent.pushing) return failure("a file is on its way already");
    const auto begun = sender_.send(agent, "#!-up file " + sum + " " + name + "\n");
    if (!begun) return begun.error();
    agent.pushing = true;
    go_on(std::make_shared<Job>(core_, agent.view.key.id, content));
    return {};
}

void FilePush::offer(Agent& agent) {
    const std::string content = merged();
    const std::string sum = md5_hex(content);
    if (agent.view.merged_sum == sum || agent.pushing) return;
    core_.tell("push", {{"id", agent.view.key.id}, {"sum", sum}, {"size", content.size()}});
    // One that cannot be sent is offered again after the next keepalive.
    static_cast<void>(push(agent, "merged.mg", sum, content));
}

void FilePush::go_on(const std::shared_ptr<Job>& job) {
    Agent* agent = core_.registry.find(job->id);
    if (agent == nullptr) return;
    for (unsigned messages = 0; job->sent < job->content.size(); ++messages) {
        if (messages == kMessagesBeforePause && agent->peer != nullptr && !agent->peer->is_stream()) {
            job->pause.expires_after(core_.options.udp_push_pause);
            job->pause.async_wait([this, job](const boost::system::error_code& error) {
                if (!error) go_on(job);
            });
            return;
        }
        const std::string chunk = job->content.substr(job->sent, kChunk);
        if (!sender_.send(*agent, chunk)) break;
        job->sent += chunk.size();
    }
    agent->pushing = false;
    if (job->sent >= job->content.size() && sender_.send(*agent, "#!-close file ")) ++agent->view.pushes;
}

Result<void> FilePush::push_endless(Agent& agent) {
    const auto begun = sender_.send(agent, "#!-up file " + md5_hex("") + " merged.mg\n");
    if (!begun) return begun.error();
    agent.pushing = true;
    pump(agent.view.key.id, ++endless_);
    return {};
}

void FilePush::pump(const std::string& id, std::uint64_t generation) {
    Agent* agent = core_.registry.find(id);
    if (agent == nullptr) return;
    if (generation != endless_ || agent->peer == nullptr) {
        agent->pushing = false;
        return;
    }
    for (unsigned i = 0; i < kMessagesBeforePause && agent->peer->queued() < kMostQueuedChunks; ++i)
        static_cast<void>(sender_.send(*agent, std::string(kChunk, 'x')));
    const auto timer = std::make_shared<boost::asio::steady_timer>(core_.loop, kEndlessPause);
    timer->async_wait([this, timer, id, generation](const boost::system::error_code& error) {
        if (!error) pump(id, generation);
    });
}

}  // namespace riposte::simulator
