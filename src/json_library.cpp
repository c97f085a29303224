// SPDX-License-Identifier: Apache-2.0
// Boost.JSON, compiled here once instead of being linked.
#include <boost/json/src.hpp>
