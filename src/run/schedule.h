// SPDX-License-Identifier: Apache-2.0
// The actions in force, each in about 150 bytes: as much as is needed to undo it in time. Uses no clock, no files and
// no executables.
#pragma once

#include "src/ledger/ledger.h"

#include <boost/multi_index/hashed_index.hpp>
#include <boost/multi_index/identity.hpp>
#include <boost/multi_index/member.hpp>
#include <boost/multi_index/ordered_index.hpp>
#include <boost/multi_index_container.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace riposte {

class Schedule {
  public:
    struct Entry {
        ActionId id = 0;
        Key::Digest key{};
        BootTime due;
        std::int32_t failures = 0;
        std::uint32_t command = 0;     // its number in commands_
        std::uint32_t executable = 0;  // its number in executables_
        bool retrying = false;
        bool apply_failed = false;
        bool taken = false;  // its reversal is waiting or running: it is not due a second time
    };

    // An entry with the same id is replaced.
    void arm(const Ledger::Armed& armed);
    void remove(ActionId id);
    const Entry* find(ActionId id) const;
    // The entry in force for a key; nullptr if none. A key has one at most: arm() is told so by the caller.
    const Entry* find_key(const Key::Digest& key) const;

    void set_due(ActionId id, BootTime due);
    void set_retrying(ActionId id, BootTime due, int failures);
    void set_taken(ActionId id, bool taken);

    // The earliest due time of an entry that is not taken.
    std::optional<BootTime> next_due() const;
    // Takes every entry due at or before `now`, earliest first.
    std::vector<ActionId> take_due(BootTime now);

    std::size_t size() const { return entries_.size(); }
    std::size_t retrying() const { return retrying_; }
    std::size_t of_command(const std::string& command) const;
    std::vector<ActionId> ids() const;
    // Those that have something in force.
    std::vector<std::string> executables() const;

  private:
    // A taken entry sorts behind every other, so the first one is the next that is due.
    struct ByDue {
        bool operator()(const Entry& left, const Entry& right) const {
            return std::tuple(left.taken, left.due, left.id) < std::tuple(right.taken, right.due, right.id);
        }
    };
    using Entries = boost::multi_index_container<
        Entry, boost::multi_index::indexed_by<
                   boost::multi_index::hashed_unique<boost::multi_index::member<Entry, ActionId, &Entry::id>>,
                   boost::multi_index::hashed_non_unique<boost::multi_index::member<Entry, Key::Digest, &Entry::key>,
                                                         Key::DigestHash>,
                   boost::multi_index::ordered_unique<boost::multi_index::identity<Entry>, ByDue>>>;

    // How many entries have each of some names.
    class Names {
      public:
        std::uint32_t add(const std::string& name);
        void remove(std::uint32_t number) { --counts_[number]; }
        std::size_t count(const std::string& name) const;
        std::vector<std::string> present() const;

      private:
        std::unordered_map<std::string, std::uint32_t> numbers_;
        std::vector<std::size_t> counts_;
    };

    Entries entries_;
    Names commands_, executables_;
    std::size_t retrying_ = 0;
};

}  // namespace riposte
