// SPDX-License-Identifier: Apache-2.0
// Has each command what it needs on this host? Asks its executable, if that answers questions.
#pragma once

#include "src/run/probe.h"

#include <boost/json/array.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace riposte {

// Loop thread. Destroying it gives the questions up.
class CommandCheck : public std::enable_shared_from_this<CommandCheck> {
  public:
    using Done = std::function<void(boost::json::array)>;
    // `rows` as Engine::commands() makes them; each whose executable was asked gets "ready": bool and, if that is
    // false, "problem". `done` is called once after start(), never inside it.
    CommandCheck(Spawner& spawner, std::filesystem::path home, Askable& askable, boost::json::array rows, Done done);

    void start();

  private:
    void next();
    void on_answer(const std::string& executable, const Outcome& outcome);

    Spawner& spawner_;
    std::filesystem::path home_;
    boost::json::array rows_;
    Done done_;
    std::vector<std::string> to_ask_;
    std::unique_ptr<Probe> probe_;
};

}  // namespace riposte
