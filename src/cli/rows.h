// SPDX-License-Identifier: Apache-2.0
// Rows of actions from the service or, when none runs, from its ledger.
#pragma once

#include "src/cli/command_line.h"
#include "src/ledger/ledger.h"

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace riposte {

class ServiceClient;
using Rows = std::vector<boost::json::object>;

// --target and --command, into the service's request and the ledger's query alike; the exit code if they make no sense.
std::optional<int> add_filters(const Invocation& invocation, boost::json::object& request, Ledger::Query& query);

// Hands over at most `limit` rows (0: all) one by one. Without a service it says so on standard error and reads the
// ledger itself.
using TakeRow = std::function<void(const boost::json::object& row)>;
int fetch_rows(const Invocation& invocation, const boost::json::object& request, const Ledger::Query& query,
               std::int64_t limit, const std::function<boost::json::object(const Action&)>& offline_row,
               const TakeRow& take);

// One array, a row on each line.
void print_as_json(const Invocation& invocation, const std::vector<std::string>& rows);
void print_as_json(const Invocation& invocation, const Rows& rows);
// The keys of a row, or the fields of its alert that stand for them.
std::string keys_text(const boost::json::object& row);

// "90s", "10m", "2h", "1d" with an optional sign, as milliseconds; a bare number is seconds.
std::optional<std::int64_t> parse_signed_duration(std::string_view text);
// A positive whole number that can be an action's id.
std::optional<ActionId> parse_id(std::string_view text);

}  // namespace riposte
