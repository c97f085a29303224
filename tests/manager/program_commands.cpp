// SPDX-License-Identifier: Apache-2.0
#include "tests/manager/program_commands.h"

#include <boost/json/array.hpp>

#include <algorithm>
#include <vector>

namespace riposte::simulator {
namespace {

using boost::json::object;

struct ChildInput {
    std::string id;    // the first word behind the command
    std::string rest;  // what follows
};
using Done = Result<object>;

struct Command {
    const char* name;
    const char* arguments;
    const char* help;
    Done (*run)(ManagerSimulator& simulator, const ChildInput& told, const Print& print);
};

Done done_or(const Result<void>& result) {
    if (!result) return result.error();
    return object();
}

object agent_json(const AgentView& view) {
    return {{"id", view.key.id},
            {"name", view.key.name},
            {"ip", view.key.ip},
            {"connected", view.connected},
            {"transport", view.transport},
            {"method", view.method ? name_of(*view.method) : ""},
            {"version", view.version},
            {"system", view.system},
            {"merged_sum", view.merged_sum},
            {"keepalives", view.keepalives},
            {"events", view.events},
            {"keepalive_ago_ms", view.keepalive_ago.count()}};
}

Done show_agents(ManagerSimulator& simulator, const ChildInput&, const Print& print) {
    const auto agents = simulator.agents();
    for (const AgentView& view : agents) print({{"agent", agent_json(view)}});
    return object{{"agents", agents.size()}};
}

Done show_events(ManagerSimulator& simulator, const ChildInput&, const Print& print) {
    const auto events = simulator.events();
    for (const Event& event : events)
        print({{"event",
                {{"id", event.agent},
                 {"queue", std::string(1, event.queue)},
                 {"location", event.location},
                 {"text", event.text}}}});
    return object{{"events", events.size()}};
}

Done show_counts(ManagerSimulator& simulator, const ChildInput&, const Print&) {
    const Counts counts = simulator.counts();
    return object{{"connections", counts.connections},
                  {"open", counts.open},
                  {"unknown", counts.unknown},
                  {"undecipherable", counts.undecipherable},
                  {"replayed", counts.replayed},
                  {"key_in_use", counts.key_in_use},
                  {"bad_frames", counts.bad_frames},
                  {"pings", counts.pings},
                  {"invalid", counts.invalid},
                  {"https_requests", counts.https_requests},
                  {"https_refused", counts.https_refused}};
}

Done send(ManagerSimulator& simulator, const ChildInput& told, const Print&) {
    if (told.id != "all") return done_or(simulator.send_execd(told.id, told.rest));
    return object{{"reached", simulator.send_execd_to_all(told.rest)}};
}

Done send_message(ManagerSimulator& simulator, const ChildInput& told, const Print&) {
    return done_or(simulator.send_payload(told.id, told.rest));
}

// Its answer comes later.
Done ask(ManagerSimulator& simulator, const ChildInput& told, const Print& print) {
    simulator.request(told.id, told.rest, std::chrono::seconds(60),
                      [print, id = told.id, request = told.rest](const Result<std::string>& answer) {
                          object line{{"id", id}, {"request", request}};
                          line[answer ? "answer" : "error"] = answer ? *answer : answer.error().text();
                          print(line);
                      });
    return object();
}

Done give_task(ManagerSimulator& simulator, const ChildInput& told, const Print&) {
    const auto id = simulator.queue_task(told.id, {{}, "active_response", told.rest, false});
    if (!id) return id.error();
    return object{{"task", *id}};
}

Done push(ManagerSimulator& simulator, const ChildInput& told, const Print&) {
    return done_or(simulator.push_merged(told.id));
}

Done reconnect(ManagerSimulator& simulator, const ChildInput& told, const Print&) {
    return done_or(simulator.force_reconnect(told.id));
}

Done drop(ManagerSimulator& simulator, const ChildInput& told, const Print&) {
    return done_or(simulator.drop(told.id));
}

Done freeze(ManagerSimulator& simulator, const ChildInput& told, const Print&) {
    return done_or(simulator.freeze(told.id));
}

Done add(ManagerSimulator& simulator, const ChildInput& told, const Print&) {
    if (told.id.empty()) return failure("add needs a name");
    const KeyEntry entry = simulator.add_agent({{}, told.id, told.rest.empty() ? "any" : told.rest, {}});
    return object{{"key", entry.line()}};
}

Done remove(ManagerSimulator& simulator, const ChildInput& told, const Print&) {
    simulator.remove_agent(told.id);
    return object();
}

Done stop(ManagerSimulator& simulator, const ChildInput&, const Print&) {
    simulator.stop();
    return object();
}

Done start(ManagerSimulator& simulator, const ChildInput&, const Print&) {
    simulator.stop();
    return done_or(simulator.start_again());
}

constexpr Command kCommands[] = {
    {"agents", "", "those that are known, a line each", show_agents},
    {"events", "", "what agents have reported, a line each", show_events},
    {"counts", "", "what has been refused, and why", show_counts},
    {"send", "ID|all BODY", "an active response: the JSON or text that the agent is to run", send},
    {"task", "ID BODY", "the same over HTTPS: JSON that the agent fetches with its next notify", give_task},
    {"req", "ID TARGET COMMAND", "a request, such as: req 001 com getconfig active-response", ask},
    {"message", "ID TEXT", "any message, such as: message 001 #!-agent ack", send_message},
    {"push", "ID", "merged.mg, with ar.conf", push},
    {"reconnect", "ID", "tell the agent to reconnect", reconnect},
    {"drop", "ID", "close its connection", drop},
    {"freeze", "ID", "neither read nor answer any more", freeze},
    {"add", "NAME [IP]", "make a key by hand; prints its line of client.keys", add},
    {"remove", "ID", "forget an agent", remove},
    {"stop", "", "stop listening, close all connections", stop},
    {"start", "", "listen again", start},
};

std::string take_word(std::string& text) {
    const std::size_t end = std::min(text.find(' '), text.size());
    std::string word = text.substr(0, end);
    text.erase(0, std::min(end + 1, text.size()));
    return word;
}

}  // namespace

bool obey(ManagerSimulator& simulator, const std::string& line, const Print& print) {
    ChildInput told;
    told.rest = line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
    const std::string name = take_word(told.rest);
    if (name.empty()) return true;
    if (name == "quit") return false;
    const auto* const command =
        std::find_if(std::begin(kCommands), std::end(kCommands), [&](const Command& one) { return name == one.name; });
    if (command == std::end(kCommands)) {
        print({{"error", "unknown command " + name + "; manager_simulator --help tells those there are"}});
        return true;
    }
    told.id = take_word(told.rest);
    Done done = command->run(simulator, told, print);
    if (!done) {
        print({{"error", done.error().text()}, {"command", name}});
        return true;
    }
    object answer{{"done", name}};
    for (auto& member : *done) answer.insert_or_assign(member.key(), std::move(member.value()));
    print(answer);
    return true;
}

std::string commands_help() {
    std::string text = "\nCommands:\n";
    for (const Command& command : kCommands) {
        std::string name = "  " + std::string(command.name) + " " + command.arguments;
        name.resize(std::max<std::size_t>(name.size() + 1, 24), ' ');
        text += name + command.help + "\n";
    }
    return text + "  quit                  end; so does the end of the input\n";
}

}  // namespace riposte::simulator
