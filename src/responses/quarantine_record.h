// SPDX-License-Identifier: Apache-2.0
// The record of a file in quarantine, kept as text beside its content.
#pragma once

#include "platform/include/file_transfer.h"

#include <string>
#include <string_view>

namespace riposte {

struct QuarantineRecord {
    std::string path;  // plain
    FileFacts facts;   // as they were before anything was done
    // Of the copy that was made to be put back, if there was one.
    std::string returning;

    bool operator==(const QuarantineRecord&) const = default;
};

// As record_text.h says.
std::string serialize_record(const QuarantineRecord& record);
// An Error for what is no record.
Result<QuarantineRecord> parse_record(std::string_view text);

}  // namespace riposte
