// SPDX-License-Identifier: Apache-2.0
#include "src/link/enrolment.h"

#include "platform/include/file_edit.h"
#include "platform/include/utf8_path.h"
#include "src/link/https_client.h"
#include "src/link/https_text.h"
#include "src/link/tls.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

namespace riposte {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using boost::system::error_code;

// One request, one answer, and the manager closes.
class ClassicEnrolment final : public Enrolment, public std::enable_shared_from_this<ClassicEnrolment> {
  public:
    ClassicEnrolment(std::string peer, Secret message, Done done)
        : peer_(std::move(peer)), message_(std::move(message)), done_(std::move(done)) {}

    void begin(asio::io_context& loop, const EnrolmentOptions& plan) {
        connector_ = TlsConnector::start(loop, plan.host, plan.port, plan.tls, TlsVersion::From12, kPatienceSeconds,
                                         [self = shared_from_this()](Result<std::unique_ptr<TlsStream>> stream) {
                                             self->connected(std::move(stream));
                                         });
    }
    void cancel() override {
        done_ = nullptr;
        connector_->cancel();
        if (stream_) stream_->next_layer().cancel();
    }

  private:
    void connected(Result<std::unique_ptr<TlsStream>> stream) {
        if (!stream) return finish(stream.error());
        stream_ = std::move(*stream);
        stream_->next_layer().expires_after(std::chrono::seconds(kPatienceSeconds));
        const std::string_view message = message_.view();
        asio::async_write(*stream_, asio::buffer(message.data(), message.size()),
                          [self = shared_from_this()](const error_code& error, std::size_t) {
                              if (error) return self->finish(Error{error, "send to " + self->peer_});
                              self->read();
                          });
    }

    // OSSEC closes without TLS's own end, and a refusal may be all there is: what came is what counts.
    void read() {
        asio::async_read(*stream_, asio::dynamic_buffer(answer_, kMaxEnrolAnswerBytes),
                         [self = shared_from_this()](const error_code& error, std::size_t) {
                             if (self->answer_.empty() && error == boost::beast::error::timeout) {
                                 return self->finish(Error{error, "wait for the answer of " + self->peer_});
                             }
                             Result<AgentKey> key = read_enrol_answer(self->answer_);
                             wipe(self->answer_);
                             if (!key) return self->finish(failure(self->peer_ + ": " + key.error().text()));
                             self->finish(std::move(key));
                         });
    }

    void finish(Result<AgentKey> result) {
        if (const Done done = std::exchange(done_, nullptr)) done(std::move(result));
    }

    const std::string peer_;
    const Secret message_;
    Done done_;
    std::shared_ptr<TlsConnector> connector_;
    std::unique_ptr<TlsStream> stream_;
    std::string answer_;
};

class HttpsEnrolment final : public Enrolment, public std::enable_shared_from_this<HttpsEnrolment> {
  public:
    HttpsEnrolment(asio::io_context& loop, const EnrolmentOptions& plan, std::string body, Done done)
        : client_(HttpsClient::make(loop, plan.host, plan.port, plan.tls)),
          peer_(plan.host + " port " + std::to_string(plan.port)),
          password_(plan.request.password),
          body_(std::move(body)),
          done_(std::move(done)) {}

    void begin() {
        const std::int64_t now =
            std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
                .count();
        try_at(now, true);
    }
    void cancel() override {
        done_ = nullptr;
        client_->close();
    }

  private:
    // Once more by the manager's clock if it does not believe ours.
    void try_at(std::int64_t unix_seconds, bool may_correct) {
        HttpsClient::Request request{"/enroll", {}, body_};
        if (!password_.empty()) {
            Result<std::string> signature = enrol_authorization(password_, unix_seconds, body_);
            if (!signature) return finish(signature.error());
            request.authorization = std::move(*signature);
        }
        client_->post(std::move(request), [self = shared_from_this(), may_correct](Result<HttpsClient::Response> got) {
            if (!got) return self->finish(got.error());
            const auto date = got->status == 401 ? parse_http_date(got->date) : std::nullopt;
            if (date && may_correct && !self->password_.empty()) return self->try_at(*date, false);
            Result<AgentKey> key = read_enrol_body(got->status, got->body);
            wipe(got->body);
            if (!key) return self->finish(failure(self->peer_ + ": " + key.error().text()));
            self->finish(std::move(key));
        });
    }

    void finish(Result<AgentKey> result) {
        client_->close();
        if (const Done done = std::exchange(done_, nullptr)) done(std::move(result));
    }

    const std::shared_ptr<HttpsClient> client_;
    const std::string peer_;
    const Secret password_;
    const std::string body_;
    Done done_;
};

// For a request that breaks the rules before anything was sent.
class RefusedEnrolment final : public Enrolment, public std::enable_shared_from_this<RefusedEnrolment> {
  public:
    explicit RefusedEnrolment(Done done) : done_(std::move(done)) {}
    void begin(asio::io_context& loop, Error error) {
        asio::post(loop, [self = shared_from_this(), error = std::move(error)] {
            if (self->done_) self->done_(error);
        });
    }
    void cancel() override { done_ = nullptr; }

  private:
    Done done_;
};

std::shared_ptr<Enrolment> refuse_enrolment(asio::io_context& loop, const Error& error, Enrolment::Done done) {
    auto refused = std::make_shared<RefusedEnrolment>(std::move(done));
    refused->begin(loop, error);
    return refused;
}

}  // namespace

std::shared_ptr<Enrolment> Enrolment::start(asio::io_context& loop, const EnrolmentOptions& plan, Done done) {
    if (plan.https) {
        // A manager that enrols over HTTPS takes no agent of an older version.
        EnrolRequest request = plan.request;
        request.version = "5.0.0";
        Result<std::string> body = enrol_body(request);
        if (!body) return refuse_enrolment(loop, body.error(), std::move(done));
        auto enrolment = std::make_shared<HttpsEnrolment>(loop, plan, std::move(*body), std::move(done));
        enrolment->begin();
        return enrolment;
    }
    Result<Secret> message = enrol_message(plan.request);
    if (!message) return refuse_enrolment(loop, message.error(), std::move(done));
    auto enrolment = std::make_shared<ClassicEnrolment>(plan.host + " port " + std::to_string(plan.port),
                                                        std::move(*message), std::move(done));
    enrolment->begin(loop, plan);
    return enrolment;
}

// ---- from the configuration ----

EnrolRequest enrol_request(const ManagerSettings& settings, const std::string& host_name,
                           const std::optional<AgentKey>& key) {
    EnrolRequest request;
    request.name = settings.enrollment.agent_name.empty() ? host_name : settings.enrollment.agent_name;
    const std::string& groups = settings.enrollment.groups;
    for (std::size_t at = 0; at < groups.size();) {
        const std::size_t comma = std::min(groups.find(',', at), groups.size());
        request.groups.push_back(groups.substr(at, comma - at));
        at = comma + 1;
    }
    if (key) {
        if (auto hash = agent_key_hash(*key)) request.key_hash = std::move(*hash);
    }
    return request;
}

TlsSettings tls_settings(const ManagerSettings& settings, const fs::path& state) {
    const auto path = [&](const std::string& text) { return text.empty() ? fs::path() : state / utf8_path(text); };
    const ManagerSettings::Enrollment& files = settings.enrollment;
    return {path(files.server_ca_path), path(files.agent_certificate_path), path(files.agent_key_path)};
}

Result<Secret> read_enrolment_password(const ManagerSettings& settings, const fs::path& state) {
    const std::string& named = settings.enrollment.authorization_pass_path;
    if (named.empty()) return Secret();
    const fs::path file = state / utf8_path(named);
    std::error_code error;
    if (!fs::exists(file, error)) {
        return failure(std::errc::no_such_file_or_directory, "read the enrolment password " + file.string());
    }
    Result<std::string> text = read_small_file(file);
    if (!text) return text.error();
    const Secret password(std::string_view(*text).substr(0, text->find_first_of("\r\n")));
    wipe(*text);
    return password;
}

// ---- the key's file ----

Result<void> store_agent_key(const fs::path& file, const AgentKey& key) {
    std::error_code error;
    if (!file.parent_path().empty()) fs::create_directories(file.parent_path(), error);
    if (error) return Error{error, "create " + file.parent_path().string()};
    // Its mode before its content: what replaces it takes over the mode.
    const Result<bool> created = create_empty_file(file);
    if (!created) return created.error();
    const auto kMode = fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read;
    fs::permissions(file, kMode, error);
    if (error) return Error{error, "set the mode of " + file.string()};
    const Secret line = client_keys_line(key);
    const Result<bool> written = edit_file(file, [&](const std::string&) { return std::string(line.view()); });
    if (!written) return written.error();
    return {};
}

Result<AgentKey> load_agent_key(const fs::path& file) {
    std::error_code error;
    if (!fs::exists(file, error)) {
        return failure(std::errc::no_such_file_or_directory, "read the agent's key " + file.string());
    }
    Result<std::string> text = read_small_file(file);
    if (!text) return text.error();
    Result<AgentKey> key = parse_client_keys(*text);
    wipe(*text);
    if (!key) return failure(file.string() + ": " + key.error().text());
    return key;
}

}  // namespace riposte
