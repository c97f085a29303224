// SPDX-License-Identifier: Apache-2.0
// The ledger's tables, and how an older database, the ledger or another one, becomes a current one.
#pragma once

#include "src/ledger/sqlite.h"

#include <span>
#include <stdexcept>

namespace riposte {

struct Migration {
    int version;      // what the schema is after it
    const char* sql;  // from the version before; 0 is an empty file
};
// The ledger's, in ascending order, without gaps. A new version is one more entry: what was written stays as it is.
std::span<const Migration> migrations();

// The database was written by a later Riposte.
class NewerSchema : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// The schema's version, 0 for an empty file. Throws NewerSchema if it is beyond the last of `steps`, and SqlError with
// is_damage() if something else is in the file. Writes nothing.
int check_version(sqlite::Connection& connection, std::span<const Migration> steps);
// Brings the schema to the last of `steps` in one transaction and returns the version that it had. Throws as
// check_version() does.
int migrate(sqlite::Connection& connection, std::span<const Migration> steps);

}  // namespace riposte
