// SPDX-License-Identifier: Apache-2.0
// Is what should be in force still so? Executables that answer questions are asked at start-up and from time to time;
// a firewall that was reloaded, or a rule that was removed by hand, is found so.
#pragma once

#include "platform/include/clock.h"
#include "src/alive.h"
#include "src/ledger/ledger.h"
#include "src/run/probe.h"
#include "src/run/schedule.h"

#include <chrono>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace riposte {

// Loop thread. The objects that it borrows outlive it.
class DriftCheck {
  public:
    struct Services {
        Spawner& spawner;
        const Clock& clock;
        Ledger& ledger;
        const Schedule& schedule;
        Askable& askable;
        std::filesystem::path home;
        // An action that is not in force although it should be.
        std::function<void(ActionId)> found;
        // Why an executable could not be asked, as a sentence.
        std::function<void(const std::string&)> failed;
    };
    explicit DriftCheck(Services services);

    // 0: never. Takes effect at once.
    void set_interval(std::chrono::seconds interval);
    // Something came into force: the next check is in one interval, unless one is set already. While nothing is in
    // force there is no check and no wake-up.
    void in_force();
    void check_now();
    void stop();

  private:
    void next_executable();
    void next_page(ActionId after);
    void ask(const std::vector<Action>& page);
    void on_answer(const std::map<std::string, ActionId>& asked, ActionId last, const Outcome& outcome);
    void finish();

    Services services_;
    BootTimer timer_;
    std::chrono::seconds interval_{0};
    bool timer_set_ = false;
    bool checking_ = false;
    bool stopped_ = false;
    std::deque<std::string> executables_;  // the first one is being asked
    std::unique_ptr<Probe> probe_;
    Alive alive_;
};

}  // namespace riposte
