// SPDX-License-Identifier: Apache-2.0
// A request as a manager sends it, decoded. Untrusted: everything in it was checked for form, nothing for sense.
#pragma once

#include "platform/include/clock.h"
#include "platform/include/result.h"
#include "src/request/dialect.h"
#include "src/request/document.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace riposte {

inline constexpr std::size_t kMaxRequestBytes = 65'536;

struct Request {
    Dialect dialect = Dialect::Wazuh4;
    // The active response's name as sent, without the "!" of an ad-hoc one. Printable, no path separators, never empty.
    std::string name;
    bool ad_hoc = false;  // "!name": names the executable itself

    // Wazuh 5 only, where the message carries what ar.conf carries elsewhere.
    std::string executable;
    std::chrono::seconds timeout{0};  // 0: stateless

    // The address, user and file of the alert. Empty: absent (also "-", "(null)", "null"). An address is in canonical
    // form, checked to parse (an address or a CIDR network). A user name has at most 256 bytes, no control characters
    // and does not start with "-". A file name has at most 4096 bytes, no NUL and does not start with "-"; other
    // control characters are legal in file names and pass in the JSON dialects (JSON escapes them), never in an
    // argument (build_child_input for ossec refuses them).
    std::string srcip, user, filename;
    // As sent, at most 256 bytes; "(no_rule_id)" and "(from_the_server)" count as absent.
    std::string rule_id, alert_id;
    // When the manager made it, if the message tells (Wazuh 5 @timestamp).
    std::optional<WallTime> made;

    std::vector<std::string> extra_args;  // sent with the request
    Document document;                    // JSON dialects: the whole message. Ossec: null.
    std::vector<std::string> words;       // Ossec: everything behind the name, split at each space

    // The alert inside the document: parameters.alert (wazuh4), the document itself (wazuh5), null (ossec).
    const Document& alert() const;
};

// Decodes the bytes of one request. A final NUL byte is dropped; text behind a JSON object is ignored, as managers send
// some. An Error says in one sentence why the message is refused. Never throws on input, never reads beyond
// kMaxRequestBytes (longer: refused).
//
// Fields: wazuh4 srcip from parameters.alert.data.win.eventdata.ipAddress, then ...destinationIp, then
// parameters.alert.data.srcip; user from parameters.alert.data.dstuser, then ...srcuser; filename from
// parameters.alert.syscheck.path. wazuh5: source.ip, user.name, file.path, nested or flat. A member that is read here
// and stands there twice is refused, in whatever case: two readers could take a different one (cJSON ignores case).
// Null is absent.
//
// Ossec: NAME USER SRCIP [ALERT_ID RULE_ID [LOCATION... FILENAME]]. The file name is what follows LOCATION, "(name)
// ip->source" or one word; as a source may hold spaces too, only the last word is taken unless the source is
// syscheck's.
Result<Request> decode_request(std::string_view bytes);

// An order to an executable: the verb and the request.
struct Order {
    Verb verb = Verb::Apply;
    Request request;
};

inline constexpr std::size_t kMaxOrderBytes = 1'048'576;

// The line that an executable reads (see told.h): a JSON request whose root "command" is add or delete (wazuh4), enable
// or disable (wazuh5). Whatever is wrong with it is an Error; never throws.
Result<Order> decode_order(std::string_view line);

// The arguments that an OSSEC executable is called with: add|delete USER SRCIP [ALERT_ID RULE_ID [LOCATION...
// FILENAME]]. Missing words are absent. Never throws.
Result<Order> decode_order(const std::vector<std::string>& arguments);

// For logs: at most 120 bytes of a message, control characters and invalid UTF-8 made visible, with the total size when
// cut.
std::string first_bytes(std::string_view bytes);

// A bare file name that can stand in the bin directory: 1 to 255 bytes of valid UTF-8, no separators, no control
// characters, no ":", not starting with "." or "-", not ending with "." or a space (Windows drops those, so two names
// would be one file). The Error says which rule is broken.
Result<void> check_file_name(std::string_view name);

}  // namespace riposte
