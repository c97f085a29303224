// SPDX-License-Identifier: Apache-2.0
// disable-account: keeps a user from logging in, and lets him in again as before.
#include "platform/include/utf8_path.h"
#include "src/responses/account_response.h"

using namespace riposte;

int main(int argc, char** argv) {
    const Response response = disable_account_response([](const Settings& settings) {
        const auto root = settings.find(kAccountRoot);
        return open_accounts(root == settings.end() ? std::filesystem::path() : utf8_path(root->second));
    });
    return run_response(response, argc, argv);
}
