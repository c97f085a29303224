// SPDX-License-Identifier: Apache-2.0
#include "platform/include/search_path.h"

namespace riposte {
namespace {

Error installed_where_it_looks() {
    return failure(std::errc::not_supported, "change the search path: packages install where the system looks already");
}

}  // namespace

Result<void> add_to_search_path(const std::filesystem::path&) {
    return installed_where_it_looks();
}

Result<void> remove_from_search_path(const std::filesystem::path&) {
    return installed_where_it_looks();
}

}  // namespace riposte
