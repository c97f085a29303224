// SPDX-License-Identifier: Apache-2.0
#include "src/ledger/sqlite.h"

#include "platform/include/file_security.h"

#include <boost/system/error_code.hpp>

#include <sqlite3.h>
#include <utility>

namespace riposte::sqlite {

namespace {

// UTF-8 on every system. SQLite gives a meaning of its own to some names, but to no absolute path.
std::string name_for_sqlite(const std::filesystem::path& file) {
    const std::u8string utf8 = std::filesystem::absolute(file).u8string();
    return {utf8.begin(), utf8.end()};
}

// The last error of the system that SQLite met. Boost's category, since std::system_category() of some C++ libraries
// cannot compare or word the codes of Windows.
std::error_code system_reason(sqlite3* handle) {
    const int code = sqlite3_system_errno(handle);
    if (code == 0) return std::make_error_code(std::errc::io_error);
    return boost::system::error_code(code, boost::system::system_category());
}

// The system's error behind a result code of SQLite. Empty if SQLite's own text says more.
std::error_code reason_of(sqlite3* handle, int code) {
    // SQLite on Windows does not ask the system to open a directory.
    if (code == SQLITE_CANTOPEN_ISDIR) return std::make_error_code(std::errc::is_a_directory);
    // The directory refused a file beside the database.
    if (code == SQLITE_READONLY_DIRECTORY) return std::make_error_code(std::errc::permission_denied);
    switch (code & 0xff) {
        case SQLITE_FULL:
            return std::make_error_code(std::errc::no_space_on_device);
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return std::make_error_code(std::errc::device_or_resource_busy);
        case SQLITE_NOMEM:
            return std::make_error_code(std::errc::not_enough_memory);
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN:
            return system_reason(handle);
        default:
            return {};
    }
}

}  // namespace

bool SqlError::is_damage() const {
    return code_ == SQLITE_CORRUPT || code_ == SQLITE_NOTADB;
}

bool SqlError::is_temporary() const {
    switch (code_) {
        case SQLITE_FULL:
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN:
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_NOMEM:
        case SQLITE_PROTOCOL:
            return true;
        default:
            return false;
    }
}

Error SqlError::to_error(const std::string& doing) const {
    return reason_ ? Error{reason_, doing} : failure(doing + ": " + what());
}

Connection::Connection(const std::filesystem::path& file, Mode mode) {
    // SQLite would create it readable by all, and would open one that it may not write for reading only, silently.
    if (mode == Mode::ReadWrite) {
        const Result<void> made = make_private_file(file);
        if (!made) throw SqlError(SQLITE_CANTOPEN, made.error().code, made.error().text());
    }
    constexpr int kOneThreadAtATime = SQLITE_OPEN_NOMUTEX;
    const int access = mode == Mode::ReadWrite ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(name_for_sqlite(file).c_str(), &handle,
                                     access | kOneThreadAtATime | SQLITE_OPEN_EXRESCODE, nullptr);
    // SQLite makes a handle even if it fails; the handle has the reason.
    handle_.reset(handle);
    if (code != SQLITE_OK) fail(code);
    // A ledger that another process has open stays so; waiting would only stop the caller.
    sqlite3_busy_timeout(handle, 0);
}

void Connection::Close::operator()(sqlite3* handle) const noexcept {
    // Postponed by SQLite until the last statement is gone, should one outlive the connection.
    sqlite3_close_v2(handle);
}

void Connection::fail(int code) const {
    sqlite3* const handle = handle_.get();
    throw SqlError(code & 0xff, reason_of(handle, code), std::string("SQLite: ") + sqlite3_errmsg(handle));
}

void Connection::execute(const char* sql) {
    const int code = sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) fail(code);
}

std::int64_t Connection::integer(const char* sql) {
    Statement statement(*this, sql);
    return statement.step() ? statement.integer(0) : 0;
}

std::string Connection::text(const char* sql) {
    Statement statement(*this, sql);
    return statement.step() ? std::string(statement.text(0)) : std::string();
}

std::int64_t Connection::changes() const {
    return sqlite3_changes64(handle());
}

bool Connection::in_transaction() const {
    return sqlite3_get_autocommit(handle()) == 0;
}

bool Connection::file_has_moved() const {
    int moved = 0;
    return sqlite3_file_control(handle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved != 0;
}

Transaction::Transaction(Connection& connection) : connection_(connection) {
    connection.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
    // SQLite has already rolled back after some errors; a second ROLLBACK then fails, which says nothing new.
    if (open_ && connection_.in_transaction())
        sqlite3_exec(connection_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
    connection_.execute("COMMIT");
    open_ = false;
}

Statement::Statement(Connection& connection, std::string_view sql) : connection_(&connection) {
    check(sqlite3_prepare_v3(connection.handle(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                             &statement_, nullptr));
}

Statement::Statement(Statement&& other) noexcept
    : connection_(other.connection_), statement_(std::exchange(other.statement_, nullptr)) {}

Statement::~Statement() {
    sqlite3_finalize(statement_);
}

bool Statement::step() {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    // Thrown before the reset, which would put another message in place.
    try {
        connection_->fail(code);
    } catch (...) {
        sqlite3_reset(statement_);
        throw;
    }
}

void Statement::reset() {
    sqlite3_reset(statement_);
}

void Statement::bind_integer(int index, std::int64_t value) {
    check(sqlite3_bind_int64(statement_, index, value));
}

void Statement::bind(int index, std::string_view value) {
    // A null pointer would be bound as NULL, and an empty view may hold one.
    const char* data = value.data() != nullptr ? value.data() : "";
    check(sqlite3_bind_text64(statement_, index, data, value.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void Statement::bind(int index, Blob value) {
    check(sqlite3_bind_blob64(statement_, index, value.data, value.size, SQLITE_STATIC));
}

void Statement::bind(int index, std::nullptr_t) {
    check(sqlite3_bind_null(statement_, index));
}

void Statement::bind_column(int index, const Statement& other, int column) {
    check(sqlite3_bind_value(statement_, index, sqlite3_column_value(other.statement_, column)));
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_, column);
}

std::string_view Statement::text(int column) const {
    const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    if (data == nullptr) return {};
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Blob Statement::blob(int column) const {
    const void* data = sqlite3_column_blob(statement_, column);
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}
bool Statement::is_integer(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_INTEGER;
}
bool Statement::is_text(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_TEXT;
}
bool Statement::is_blob(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_BLOB;
}

void Statement::check(int code) const {
    if (code != SQLITE_OK) connection_->fail(code);
}

}  // namespace riposte::sqlite
