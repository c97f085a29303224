// SPDX-License-Identifier: Apache-2.0
// Salvage: reads as much of a damaged ledger as can be read, and puts a sound one in its place. A crash at any point of
// it leaves either the damaged ledger or its sound successor at the ledger's path, or a complete successor that the
// next opening puts there.
#pragma once

#include "platform/include/clock.h"
#include "platform/include/result.h"
#include "src/ledger/sqlite.h"
#include "src/ledger/store.h"

#include <cstdint>
#include <filesystem>
#include <memory>

namespace riposte {

struct Salvaged {
    std::int64_t carried_over = 0, lost = 0;
};

// Copies every row that can be read, around the pages that cannot. Throws SqlError only if `to` refuses.
Salvaged salvage(sqlite::Connection& from, Store& to);

// How a ledger came to be open.
struct OpenStore {
    std::unique_ptr<Store> store;
    std::filesystem::path set_aside;  // empty: it was sound
    Salvaged salvaged;
};

std::filesystem::path ledger_path(const std::filesystem::path& state);

// Opens STATE/ledger.db, or sets it aside and opens what can be saved of it.
Result<OpenStore> open_store(const std::filesystem::path& state, const Clock& clock, Retention retention = {});

// For a ledger that turns out damaged, or whose file was removed, while it is open. `store` is closed, unless its file
// was removed and no successor could be written: then it stays the only place that holds everything.
Result<OpenStore> replace_store(std::unique_ptr<Store>& store, const std::filesystem::path& state, const Clock& clock,
                                Retention retention = {});

}  // namespace riposte
