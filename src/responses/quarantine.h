// SPDX-License-Identifier: Apache-2.0
// A private directory for files that were taken away, each with a record of what it was.
#pragma once

#include "platform/include/file_transfer.h"
#include "src/responses/quarantine_record.h"

#include <filesystem>
#include <string>
#include <vector>

namespace riposte {

// STORE/ID/record and STORE/ID/content for the file that was last taken from a path; ID is the path's SHA-256. If
// another file was taken from there before and not put back, it stays as STORE/ID.1, STORE/ID.2 and so on.
//
// The record is on disk before anything is done to the file, and goes after everything else: after a crash, the same
// call again finishes what was begun. One call at a time in a store, whichever process makes it. Paths are plain.
class Quarantine {
  public:
    Quarantine(std::filesystem::path store, std::vector<std::filesystem::path> off_limits);

    // Success also if there is nothing at the path any more and it was taken before.
    Result<void> take(const std::string& path) const;
    // Success also if there is nothing to put back. Never overwrites: then file_exists. A file that was changed
    // in the store is not put back either.
    Result<void> put_back(const std::string& path) const;
    Result<bool> holds(const std::string& path) const;

  private:
    struct Item;
    Item item_for(const std::string& path) const;
    Result<void> take_now(const Item& item, const std::string& path) const;
    Result<void> put_back_now(const Item& item, const std::string& path) const;
    Result<void> finish_put_back(const Item& item, const std::string& path, const QuarantineRecord& record) const;

    std::filesystem::path store_;
    std::vector<std::filesystem::path> off_limits_;
};

}  // namespace riposte
