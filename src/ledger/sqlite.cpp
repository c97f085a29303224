// SPDX-License-Identifier: Apache-2.0
#include "src/ledger/sqlite.h"

#include <Poco/Data/SQLite/Connector.h>
#include <Poco/Data/SQLite/Utility.h>
#include <Poco/Exception.h>
#include <Poco/URI.h>

#include <sqlite3.h>
#include <utility>

namespace riposte::sqlite {

namespace {

// Poco takes a path or, for what a path cannot say, a URI.
std::string connection_string(const std::filesystem::path& file, Connection::Mode mode) {
    const std::u8string utf8 = std::filesystem::absolute(file).generic_u8string();
    std::string path(utf8.begin(), utf8.end());
    if (path.empty() || path.front() != '/') path.insert(path.begin(), '/');
    std::string encoded;
    Poco::URI::encode(path, "?#%&;", encoded);
    return "file://" + encoded + (mode == Connection::Mode::ReadOnly ? "?mode=ro" : "?mode=rwc");
}

Poco::Data::Session open_session(const std::filesystem::path& file, Connection::Mode mode) {
    static const bool registered = (Poco::Data::SQLite::Connector::registerConnector(), true);
    static_cast<void>(registered);
    namespace fs = std::filesystem;
    try {
        std::error_code ignored;
        const bool is_new = !fs::exists(file, ignored);
        // Without a limit of 0, Poco tries for a minute to open a file that it cannot open.
        constexpr std::size_t kLoginTimeout = 0;
        Poco::Data::Session session("SQLite", connection_string(file, mode), kLoginTimeout);
        // It holds alerts. What SQLite puts beside it gets the same mode.
        if (is_new) fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write, ignored);
        return session;
    } catch (const Poco::Exception& error) {
        // Poco drops SQLite's own code here; the only thing that fails this early is opening the file.
        std::error_code reason;
        if (!std::filesystem::exists(file, reason) && mode == Connection::Mode::ReadOnly && !reason)
            reason = std::make_error_code(std::errc::no_such_file_or_directory);
        else if (!reason)
            reason = std::make_error_code(std::errc::permission_denied);
        throw SqlError(SQLITE_CANTOPEN, reason, error.displayText());
    }
}

std::error_code reason_of(sqlite3* handle, int code) {
    switch (code & 0xff) {
        case SQLITE_FULL:
            return std::make_error_code(std::errc::no_space_on_device);
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH:
            return std::make_error_code(std::errc::permission_denied);
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return std::make_error_code(std::errc::device_or_resource_busy);
        case SQLITE_NOMEM:
            return std::make_error_code(std::errc::not_enough_memory);
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN: {
            const int os_error = sqlite3_system_errno(handle);
            return os_error != 0 ? std::error_code(os_error, std::system_category())
                                 : std::make_error_code(std::errc::io_error);
        }
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

Connection::Connection(const std::filesystem::path& file, Mode mode)
    : session_(open_session(file, mode)), handle_(Poco::Data::SQLite::Utility::dbHandle(session_)) {
    sqlite3_extended_result_codes(handle_, 1);
    // A ledger that another process has open stays so; waiting would only stop the caller.
    sqlite3_busy_timeout(handle_, 0);
}

void Connection::fail(int code) const {
    throw SqlError(code & 0xff, reason_of(handle_, code), std::string("SQLite: ") + sqlite3_errmsg(handle_));
}

void Connection::execute(const char* sql) {
    const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
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
    return sqlite3_changes64(handle_);
}

bool Connection::in_transaction() const {
    return sqlite3_get_autocommit(handle_) == 0;
}

bool Connection::file_has_moved() const {
    int moved = 0;
    return sqlite3_file_control(handle_, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved != 0;
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
int Statement::columns() const {
    return sqlite3_column_count(statement_);
}

void Statement::check(int code) const {
    if (code != SQLITE_OK) connection_->fail(code);
}

}  // namespace riposte::sqlite
