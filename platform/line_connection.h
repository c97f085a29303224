// SPDX-License-Identifier: Apache-2.0
// One control connection over any of Asio's streams, and how both sides cut what they receive into lines. Private to
// platform.
#pragma once

#include "platform/include/endpoint.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace riposte {

inline constexpr std::size_t kLongestControlLine = 1U << 20U;
inline constexpr std::size_t kMostQueued = 8U << 20U;
inline constexpr std::size_t kReadSize = 16384;
// A client gives up on a line longer than the service could have queued.
inline constexpr std::size_t kLongestAnswer = kMostQueued + 1;

// The stream and its queues. Pending operations keep it alive, so that what was queued is written after its
// LineConnection is gone.
template <class Stream>
class LineStream : public std::enable_shared_from_this<LineStream<Stream>> {
  public:
    explicit LineStream(Stream stream) : stream_(std::move(stream)) {}

    void start(std::function<void(std::string)> line, std::function<void()> closed) {
        line_ = std::move(line);
        closed_ = std::move(closed);
        read();
    }

    void send(const std::string& line) {
        if (!stream_.is_open() || finishing_) return;
        if (queued_.size() + writing_.size() + line.size() + 1 > kMostQueued) return cut_off();
        queued_ += line;
        queued_ += '\n';
        if (writing_.empty()) write();
    }

    void finish() {
        finishing_ = true;
        if (writing_.empty() && queued_.empty()) cut_off();
    }

    // The owner is gone: nobody is to be called any more.
    void abandon() {
        line_ = nullptr;
        closed_ = nullptr;
        finish();
    }

  private:
    void read() {
        stream_.async_read_some(boost::asio::buffer(chunk_),
                                [self = this->shared_from_this()](const boost::system::error_code& error,
                                                                  std::size_t size) { self->on_read(error, size); });
    }

    void on_read(const boost::system::error_code& error, std::size_t size) {
        if (error) return on_end();
        // After finish() the peer is read only to notice its end.
        if (!finishing_) {
            received_.append(chunk_.data(), size);
            deliver();
            if (received_.size() > kLongestControlLine) return cut_off();
        }
        if (stream_.is_open()) read();
    }

    void deliver() {
        std::size_t begin = 0;
        for (std::size_t end = received_.find('\n', searched_); end != std::string::npos && line_ && !finishing_;
             end = received_.find('\n', begin)) {
            if (end - begin > kLongestControlLine) return cut_off();
            // Copies, because the handler may let go of this connection.
            const auto handler = line_;
            std::string line = received_.substr(begin, end - begin);
            begin = end + 1;
            handler(std::move(line));
        }
        received_.erase(0, begin);
        searched_ = received_.size();
    }

    // The peer has said all it had to say; it may still read what is queued for it.
    void on_end() {
        finish();
        tell_closed();
    }

    void write() {
        writing_.swap(queued_);
        boost::asio::async_write(stream_, boost::asio::buffer(writing_),
                                 [self = this->shared_from_this()](const boost::system::error_code& error,
                                                                   std::size_t) { self->on_written(error); });
    }

    void on_written(const boost::system::error_code& error) {
        writing_.clear();
        if (error) return cut_off();
        if (!queued_.empty()) return write();
        if (finishing_) cut_off();
    }

    // Called from within the owner's calls too, so the owner hears of it later.
    void cut_off() {
        if (!stream_.is_open()) return;
        boost::system::error_code ignored;
        stream_.close(ignored);
        queued_.clear();
        boost::asio::post(stream_.get_executor(), [self = this->shared_from_this()] { self->tell_closed(); });
    }

    void tell_closed() {
        line_ = nullptr;
        if (const auto closed = std::exchange(closed_, nullptr)) closed();
    }

    Stream stream_;
    std::function<void(std::string)> line_;
    std::function<void()> closed_;
    std::array<char, kReadSize> chunk_{};
    std::string received_;
    std::size_t searched_ = 0;  // no newline before this
    std::string queued_;
    std::string writing_;
    bool finishing_ = false;
};

// The owner's handle of a LineStream. The stream outlives it until all queued lines are written.
template <class Stream>
class LineConnection final : public ControlConnection {
  public:
    explicit LineConnection(Stream stream) : core_(std::make_shared<LineStream<Stream>>(std::move(stream))) {}
    ~LineConnection() override { core_->abandon(); }
    LineConnection(const LineConnection&) = delete;
    LineConnection& operator=(const LineConnection&) = delete;

    void start(std::function<void(std::string)> line, std::function<void()> closed) override {
        core_->start(std::move(line), std::move(closed));
    }
    // The signature is the interface's; the line is copied into the queue.
    void send(std::string line) override { core_->send(line); }  // NOLINT(performance-unnecessary-value-param)
    void finish() override { core_->finish(); }

  private:
    std::shared_ptr<LineStream<Stream>> core_;
};

// The receive buffer of a client: the bytes that take() has not handed out as lines yet.
class ReceivedLines {
  public:
    void append(const char* data, std::size_t size) { received_.append(data, size); }
    bool is_too_long() const { return received_.size() > kLongestAnswer; }
    // The next whole line, if one is there.
    std::optional<std::string> take() {
        const std::size_t end = received_.find('\n', searched_);
        if (end == std::string::npos) {
            searched_ = received_.size();
            return std::nullopt;
        }
        std::string line = received_.substr(0, end);
        received_.erase(0, end + 1);
        searched_ = 0;
        return line;
    }

  private:
    std::string received_;
    std::size_t searched_ = 0;  // no newline before this
};

}  // namespace riposte
