// SPDX-License-Identifier: Apache-2.0
// The little of SQLite that the ledger and the link's store need: a connection, prepared statements and errors.
#pragma once

#include "platform/include/clock.h"
#include "platform/include/result.h"

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace riposte::sqlite {

// Thrown by everything here. Ledger and LinkStore hand it out as an Error.
class SqlError : public std::runtime_error {
  public:
    SqlError(int code, std::error_code reason, const std::string& what)
        : std::runtime_error(what), code_(code), reason_(reason) {}
    int code() const { return code_; }  // SQLite's primary result code
    // The file's content is wrong, as opposed to the disk that refuses.
    bool is_damage() const;
    // Nothing is wrong with the statement; it may succeed at another time.
    bool is_temporary() const;
    Error to_error(const std::string& doing) const;

  private:
    int code_;
    std::error_code reason_;
};

struct Blob {
    const void* data;
    std::size_t size;
};

// Used by one thread at a time. Movable; a Statement keeps a pointer to the connection that it was made with.
class Connection {
  public:
    enum class Mode { ReadWrite, ReadOnly };
    // ReadWrite creates the file if it is missing, for this account only, and refuses one that cannot be written.
    // Nothing is read yet: that a file is no database shows with the first statement.
    Connection(const std::filesystem::path& file, Mode mode);

    void execute(const char* sql);
    // The first column of the first row.
    std::int64_t integer(const char* sql);
    std::string text(const char* sql);
    std::int64_t changes() const;
    bool in_transaction() const;
    // The file is no longer at the path it was opened from.
    bool file_has_moved() const;
    sqlite3* handle() const { return handle_.get(); }
    [[noreturn]] void fail(int code) const;

  private:
    struct Close {
        void operator()(sqlite3* handle) const noexcept;
    };
    std::unique_ptr<sqlite3, Close> handle_;
};

// A transaction that is rolled back unless it was committed.
class Transaction {
  public:
    explicit Transaction(Connection& connection);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    void commit();

  private:
    Connection& connection_;
    bool open_ = true;
};

// Text and blobs are bound by reference: they must live until the statement was run.
class Statement {
  public:
    Statement(Connection& connection, std::string_view sql);
    Statement(Statement&& other) noexcept;
    Statement& operator=(Statement&&) = delete;
    ~Statement();

    // Binds all parameters in their order and runs a statement that gives no rows.
    template <class... Values>
    void run(const Values&... values) {
        start(values...);
        step();
        reset();
    }
    // Binds all parameters; rows then come from step().
    template <class... Values>
    void start(const Values&... values) {
        reset();
        int index = 0;
        (bind(++index, values), ...);
    }
    bool step();  // true: a row is there
    void reset();

    template <std::integral T>
    void bind(int index, T value) {
        bind_integer(index, static_cast<std::int64_t>(value));
    }
    template <class Epoch>
    void bind(int index, std::chrono::time_point<Epoch, std::chrono::milliseconds> time) {
        bind_integer(index, to_ms(time));
    }
    void bind(int index, std::chrono::milliseconds duration) { bind_integer(index, duration.count()); }
    void bind(int index, std::string_view value);
    void bind(int index, const std::string& value) { bind(index, std::string_view(value)); }
    void bind(int index, const char* value) { bind(index, std::string_view(value)); }
    void bind(int index, Blob value);
    void bind(int index, std::nullptr_t);
    template <class T>
    void bind(int index, const std::optional<T>& value) {
        if (value)
            bind(index, *value);
        else
            bind(index, nullptr);
    }
    // The value of another statement's current row.
    void bind_column(int index, const Statement& other, int column);

    std::int64_t integer(int column) const;
    BootTime boot_time(int column) const { return boot_time_of(integer(column)); }
    WallTime wall_time(int column) const { return wall_time_of(integer(column)); }
    std::chrono::milliseconds duration(int column) const { return std::chrono::milliseconds(integer(column)); }
    std::string_view text(int column) const;  // valid until the next step()
    Blob blob(int column) const;
    bool is_null(int column) const;
    bool is_integer(int column) const;
    bool is_text(int column) const;
    bool is_blob(int column) const;

  private:
    void bind_integer(int index, std::int64_t value);
    void check(int code) const;
    Connection* connection_;
    sqlite3_stmt* statement_ = nullptr;
};

}  // namespace riposte::sqlite
