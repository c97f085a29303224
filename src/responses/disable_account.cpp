// SPDX-License-Identifier: Apache-2.0
// disable-account: keeps a user from logging in, and lets him in again as before.
#include "src/responses/account_response.h"

using namespace riposte;

int main(int argc, char** argv) {
    const Response response = disable_account_response(
        [](const Settings& settings) { return open_accounts(path_setting(settings, kAccountRoot, {})); });
    return run_response(response, argc, argv);
}
