// SPDX-License-Identifier: Apache-2.0
// Sample requests as managers send them, and sample orders as executables read them. Arguments described as JSON are
// inserted verbatim; every other argument must need no escape in JSON.
#pragma once

#include <string>

namespace riposte::test {

// ---- what a manager sends ----

// As a Wazuh 4 manager sends it. `alert` is JSON, and so is `extra_args`, an array.
inline std::string wazuh4_alert(const std::string& name, const std::string& alert,
                                const std::string& extra_args = "[]") {
    return R"({"version":1,"origin":{"name":"node01","module":"wazuh-analysisd"},"command":")" + name +
           R"(","parameters":{"extra_args":)" + extra_args + R"(,"alert":)" + alert + "}}";
}

// The same about an address: its alert has an id, a rule and, at the end, data.srcip.
inline std::string wazuh4(const std::string& name, const std::string& srcip, const std::string& extra_args = "[]") {
    return wazuh4_alert(name,
                        R"({"id":"1700000000.1","rule":{"level":5,"id":"5712"},"data":{"srcip":")" + srcip + R"("}})",
                        extra_args);
}

// As a Wazuh 5 manager sends it, about an address. `timeout` in seconds.
inline std::string wazuh5(const std::string& executable, const std::string& srcip, int timeout) {
    return R"({"source":{"ip":")" + srcip + R"("},"wazuh":{"active_response":{"name":"block","executable":")" +
           executable + R"(","extra_arguments":null,"location":"local","type":"stateful","stateful_timeout":)" +
           std::to_string(timeout) + R"(},"agent":{"id":"001","name":"web01"}}})";
}

// ---- what an executable is told ----

// One line: what a Wazuh 4 executable reads first. `alert` is JSON, and so is `extra_args`, an array.
inline std::string order(const std::string& verb, const std::string& alert, const std::string& extra_args = "[]",
                         const std::string& program = "active-response/bin/x") {
    return R"({"version":1,"origin":{"name":"node01","module":"wazuh-execd"},"command":")" + verb +
           R"(","parameters":{"extra_args":)" + extra_args + R"(,"alert":)" + alert + R"(,"program":")" + program +
           "\"}}\n";
}

// The same about an address.
inline std::string address_order(const std::string& verb, const std::string& srcip,
                                 const std::string& program = "active-response/bin/x") {
    return order(verb, R"({"rule":{"id":"5712"},"data":{"srcip":")" + srcip + R"("}})", "[]", program);
}

// The answers to check_keys.
inline constexpr const char* kContinue = R"({"version":1,"command":"continue","parameters":{}})"
                                         "\n";
inline constexpr const char* kAbort = R"({"version":1,"command":"abort","parameters":{}})"
                                      "\n";

}  // namespace riposte::test
