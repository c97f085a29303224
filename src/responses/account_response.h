// SPDX-License-Identifier: Apache-2.0
// The response of disable-account, over any accounts.
#pragma once

#include "platform/include/account.h"
#include "src/responses/response.h"

#include <functional>
#include <memory>

namespace riposte {

inline constexpr std::string_view kAccountRoot = "--root";

// Each account's state before it was disabled is kept in a file of its own in STATE/disable-account, which is on disk
// before the account is changed and is removed after it was restored.
Response disable_account_response(const std::function<std::unique_ptr<Accounts>(const Settings&)>& open);

// The request's user, of a form that an account's name can have.
Answer<std::string> user_of(const Task& task);

}  // namespace riposte
