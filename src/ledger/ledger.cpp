// SPDX-License-Identifier: Apache-2.0
#include "src/ledger/ledger.h"

#include "src/ledger/salvage.h"
#include "src/ledger/schema.h"
#include "src/ledger/store.h"
#include "src/ledger/writes.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <sqlite3.h>
#include <thread>
#include <unordered_map>
#include <utility>

namespace riposte {

using sqlite::SqlError;

namespace {

constexpr std::int64_t kIdBlock = 1000;
// Calls in one transaction: enough for all that can gather under load, and a bound on what a full disk makes us repeat.
constexpr std::size_t kMaxBatch = 512;
constexpr std::int64_t kPruneAtLeast = 50;
constexpr std::chrono::seconds kRetryAfter{1};
// Writes that hold up no execution gather for this long: under load a commit for each would cost more than all else
// here.
constexpr std::chrono::milliseconds kGather{10};
// A successor for a ledger whose file was removed is tried again after this, since trying costs a copy of it.
constexpr std::chrono::seconds kReplaceAgainAfter{30};

using Answers = std::vector<std::function<void()>>;

std::string describe_replacement(const OpenStore& opened, bool removed) {
    std::string text = removed ? std::string("the ledger's file was removed while in use and has been written anew")
                               : "the ledger was damaged and has been set aside as " + opened.set_aside.string();
    return text + ": " + std::to_string(opened.salvaged.carried_over) + " actions carried over, " +
           std::to_string(opened.salvaged.lost) + " lost";
}

class SqliteLedger final : public Ledger {
  public:
    SqliteLedger(boost::asio::io_context& loop, const Clock& clock, std::filesystem::path state,
                 std::unique_ptr<Store> store)
        : loop_(loop), clock_(clock), state_(std::move(state)), store_(std::move(store)) {
        next_id_ = store_->reserve_first_ids(kIdBlock);
        reserved_ = next_id_ + kIdBlock;
        thread_ = std::thread([this] { run(); });
    }

    ~SqliteLedger() override {
        alive_->store(false);
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        wake_.notify_one();
        thread_.join();
    }

    Result<Recovered> recover(const std::function<void(Armed&&)>& each) override {
        // The thread leaves the store alone until it is given something, and nothing was asked for yet.
        const std::lock_guard lock(store_mutex_);
        try {
            return store_->recover(each);
        } catch (const std::exception& error) {
            return failure("read the ledger " + ledger_path(state_).string() + ": " + error.what());
        }
    }

    ActionId next_id() override {
        const ActionId id = next_id_++;
        // Asked for in time, so that no id beyond the reservation is given out before it is on the disk.
        if (reserved_ - next_id_ < kIdBlock / 2) {
            reserved_ += kIdBlock;
            push(ReserveWrite{reserved_}, false);
        }
        return id;
    }

    void admit(Action action, Done done) override {
        push(AdmitWrite{std::make_unique<Action>(std::move(action)), std::move(done)}, true);
    }
    void set_in_force(ActionId id, const Key& key, Due due) override { push(InForceWrite{id, key, due}, false); }
    void finish_apply(ActionId id, const Outcome& outcome, Phase phase, Due due, Done done) override {
        const bool answers = static_cast<bool>(done);
        push(FinishApplyWrite{id, std::make_unique<Outcome>(outcome), phase, due, std::move(done)}, answers);
    }
    void set_due(ActionId id, Due due, Phase phase) override { push(DueWrite{id, due, phase}, false); }
    void finish_reverse(ActionId id, const Outcome& outcome, Phase phase, Due due, int failures, Done done) override {
        const bool answers = static_cast<bool>(done);
        push(FinishReverseWrite{id, std::make_unique<Outcome>(outcome), phase, due, failures, std::move(done)},
             answers);
    }
    void abandon(ActionId id) override { push(AbandonWrite{id}, false); }
    void refresh_wall_times() override { push(RefreshWrite{}, false); }

    void count_offence(const Key& key, std::chrono::seconds forget_after,
                       std::function<void(std::int64_t)> done) override {
        push(OffenceWrite{key, forget_after, std::move(done)}, true);
    }
    void forget_offenders(std::optional<std::string> value, std::function<void(std::int64_t)> done) override {
        push(ForgetWrite{std::move(value), std::move(done)}, true);
    }

    void load(ActionId id, std::function<void(Result<Action>)> done) override {
        push(LoadRead{id, std::move(done)}, true);
    }
    void query(Query query, std::function<void(Result<std::vector<Action>>)> done) override {
        push(QueryRead{Store::start_query(std::move(query)), std::move(done)}, true);
    }

    bool is_writable() const override {
        const std::lock_guard lock(mutex_);
        return health_.writable;
    }

    Health health() const override {
        Health health;
        {
            const std::lock_guard lock(mutex_);
            health = health_;
            health.writes_waiting = std::ssize(queue_) + taken_;
        }
        std::error_code failed;
        const auto bytes = std::filesystem::file_size(ledger_path(state_), failed);
        health.bytes = failed ? 0 : static_cast<std::int64_t>(bytes);
        return health;
    }

  private:
    // ---- the loop's side ----

    void push(LedgerCall::What what, bool answers) {
        LedgerCall call{std::move(what), Moment::of(clock_), nullptr, std::nullopt};
        if (answers) call.guard = std::make_shared<LedgerCall::Guard>(loop_.get_executor());
        bool wake = false;
        {
            const std::lock_guard lock(mutex_);
            if (!call.may_gather()) ++urgent_;
            queue_.push_back(std::move(call));
            wake = waits_ == Waits::ForAny || (waits_ == Waits::ForUrgent && is_urgent());
        }
        if (wake) wake_after_turn();
    }

    // At the end of the loop's turn: woken in the middle of it, the thread would take the processor from whom it is to
    // run beside, and what else this turn has for it would need another commit.
    void wake_after_turn() {
        if (std::exchange(wake_asked_, true)) return;
        boost::asio::post(loop_, [this, alive = alive_] {
            if (!alive->load()) return;
            wake_asked_ = false;
            wake_.notify_one();
        });
    }

    // ---- the thread's side ----

    void run() {
        while (true) {
            const bool more = take();
            {
                const std::lock_guard lock(store_mutex_);
                write_taken();
                read_slice();
                keep_up();
            }
            if (!more) break;
        }
    }

    // Waits for calls and takes as many as share one commit. False: the last ones before the end.
    bool take() {
        std::unique_lock lock(mutex_);
        const auto ready = [this] { return stopping_ || !queue_.empty() || !reads_.empty(); };
        waits_ = Waits::ForAny;
        if (kept_.empty())
            wake_.wait(lock, ready);
        else
            wake_.wait_for(lock, kRetryAfter, ready);
        waits_ = Waits::ForUrgent;
        wake_.wait_for(lock, kGather, [this] { return is_urgent(); });
        waits_ = Waits::No;
        while (!queue_.empty() && batch_.size() < kMaxBatch) {
            const bool read = queue_.front().is_read();
            // A read sees the writes made before it, and nothing keeps it waiting for those made after.
            if (read && !batch_.empty()) break;
            if (!queue_.front().may_gather()) --urgent_;
            (read ? reads_ : batch_).push_back(std::move(queue_.front()));
            queue_.pop_front();
        }
        taken_ = std::ssize(kept_) + std::ssize(batch_);
        return !(stopping_ && queue_.empty() && reads_.empty());
    }

    // With the lock held; `kept_` and `reads_` are the thread's, which waits meanwhile.
    bool is_urgent() const {
        return stopping_ || urgent_ > 0 || !reads_.empty() || !kept_.empty() || queue_.size() >= kMaxBatch;
    }

    void write_taken() {
        if (kept_.empty() && batch_.empty()) return;
        Answers answers;
        std::optional<Error> failed;
        // Kept writes come first, so that all are carried out in the order of asking.
        while (!kept_.empty() && !failed) {
            std::deque<LedgerCall> some = take_front(kept_);
            failed = commit(some, answers);
            if (failed)
                kept_.insert(kept_.begin(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
        }
        if (!batch_.empty()) {
            if (!failed) failed = commit(batch_, answers);
            if (failed) refuse_admissions(answers, *failed);
            // On a full disk, small writes may still find room.
            if (failed && !batch_.empty() && kept_.empty()) commit(batch_, answers);
            if (!batch_.empty()) keep(answers);
        }
        note_state(failed);
        post(std::move(answers));
    }

    static std::deque<LedgerCall> take_front(std::deque<LedgerCall>& calls) {
        const auto end = calls.begin() + static_cast<std::ptrdiff_t>(std::min(calls.size(), kMaxBatch));
        std::deque<LedgerCall> some(std::make_move_iterator(calls.begin()), std::make_move_iterator(end));
        calls.erase(calls.begin(), end);
        return some;
    }

    // Carries them out in one transaction; on an Error none of them is, and all stay in `calls`.
    std::optional<Error> commit(std::deque<LedgerCall>& calls, Answers& answers) {
        std::optional<Error> failed = try_commit(calls);
        if (failed && damaged_) failed = try_commit(calls);
        if (failed) return failed;
        count_commit(calls);
        for (LedgerCall& call : calls) {
            const auto refused = std::exchange(call.refused, std::nullopt);
            add(answers, refused ? answer(std::move(call), *refused) : answer(std::move(call)), call);
        }
        calls.clear();
        return std::nullopt;
    }

    std::optional<Error> try_commit(std::deque<LedgerCall>& calls) {
        const std::string doing = "write the ledger " + ledger_path(state_).string();
        try {
            make_ready();
            store_->begin(
                std::any_of(calls.begin(), calls.end(), [](const LedgerCall& call) { return call.is_durable(); }));
            for (LedgerCall& call : calls) apply(call, doing);
            const auto finished =
                std::count_if(calls.begin(), calls.end(), [](const LedgerCall& call) { return call.finishes(); });
            if (finished > 0) store_->prune(Moment::of(clock_), std::max<std::int64_t>(kPruneAtLeast, 2 * finished));
            store_->commit();
            return std::nullopt;
        } catch (const SqlError& error) {
            damaged_ = damaged_ || error.is_damage();
            if (store_) store_->rollback();
            return error.to_error(doing);
        } catch (const std::exception& error) {
            if (store_) store_->rollback();
            return failure(doing + ": " + error.what());
        }
    }

    // A write that fails by itself must not hold up the others for good.
    void apply(LedgerCall& call, const std::string& doing) {
        try {
            call.refused.reset();
            call.apply(*store_);
        } catch (const SqlError& error) {
            if (error.is_temporary() || error.is_damage()) throw;
            call.refused = error.to_error(doing);
        }
    }

    void refuse_admissions(Answers& answers, const Error& error) {
        std::deque<LedgerCall> others;
        for (LedgerCall& call : batch_) {
            if (call.is_admission())
                add(answers, answer(std::move(call), error), call);
            else
                others.push_back(std::move(call));
        }
        batch_ = std::move(others);
    }

    void keep(Answers& answers) {
        for (LedgerCall& call : batch_) {
            // The loop need not stay for what may take for ever.
            call.guard.reset();
            // An execution waits for this number; counting it can come later.
            if (auto* offence = std::get_if<OffenceWrite>(&call.what); offence != nullptr && offence->done) {
                answers.push_back(
                    [done = std::move(offence->done), count = offences(*offence, call.asked)] { done(count); });
                offence->done = nullptr;
            }
            kept_.push_back(std::move(call));
        }
        batch_.clear();
        drop_outdated();
    }

    std::int64_t offences(const OffenceWrite& offence, const Moment& asked) {
        try {
            return store_ ? store_->offences(offence.key, offence.forget_after, asked) : 0;
        } catch (const std::exception&) {
            return 0;
        }
    }

    // While a disk stays full, a reversal may fail again and again: the last try tells all.
    void drop_outdated() {
        if (kept_.size() < outdated_check_at_) return;
        std::unordered_map<ActionId, const LedgerCall*> last;
        for (const LedgerCall& call : kept_)
            if (const auto* reverse = std::get_if<FinishReverseWrite>(&call.what)) last[reverse->id] = &call;
        std::deque<LedgerCall> current;
        for (LedgerCall& call : kept_) {
            const auto* reverse = std::get_if<FinishReverseWrite>(&call.what);
            if (reverse != nullptr && !reverse->done && last[reverse->id] != &call) continue;
            current.push_back(std::move(call));
        }
        kept_ = std::move(current);
        outdated_check_at_ = std::max<std::size_t>(1024, 2 * kept_.size());
    }

    void add(Answers& answers, std::function<void()> call, LedgerCall& from) {
        if (!call) return;
        if (!from.guard) {
            answers.push_back(std::move(call));
            return;
        }
        answers.push_back([call = std::move(call), guard = std::move(from.guard)] { call(); });
    }

    void post(Answers answers) {
        if (answers.empty() || !alive_->load()) return;
        boost::asio::post(loop_, [alive = alive_, answers = std::move(answers)] {
            for (const auto& call : answers) {
                // Any of them may end the ledger's owner.
                if (!alive->load()) return;
                call();
            }
        });
    }

    void count_commit(const std::deque<LedgerCall>& calls) {
        const std::lock_guard lock(mutex_);
        ++health_.commits;
        bool durable = false;
        for (const LedgerCall& call : calls) {
            durable = durable || call.is_durable();
            if (call.is_admission() && !call.refused) ++health_.actions_admitted;
        }
        if (durable) ++health_.synced_commits;
    }

    void note_state(const std::optional<Error>& failed) {
        const std::lock_guard lock(mutex_);
        taken_ = std::ssize(kept_);
        const bool writable = kept_.empty() && !failed;
        health_.writable = writable;
        if (failed)
            health_.problem = failed->text();
        else if (writable)
            health_.problem = replaced_;
    }

    // ---- reads ----

    // All that are short, or a part of one that is not.
    void read_slice() {
        Answers answers;
        while (!reads_.empty()) {
            const bool short_one = std::holds_alternative<LoadRead>(reads_.front().what);
            if (!short_one && !answers.empty()) break;
            read_one(answers);
            if (!short_one) break;
        }
        post(std::move(answers));
    }

    void read_one(Answers& answers) {
        LedgerCall& call = reads_.front();
        std::function<void()> answer;
        try {
            make_ready();
            answer = std::visit(
                [this](auto& read) -> std::function<void()> {
                    if constexpr (requires { this->read(read); }) return this->read(read);
                    return {};
                },
                call.what);
            if (!answer) {
                // Others take their turn.
                reads_.push_back(std::move(call));
                reads_.pop_front();
                return;
            }
        } catch (const SqlError& error) {
            answer =
                riposte::answer(std::move(call), error.to_error("read the ledger " + ledger_path(state_).string()));
            damaged_ = error.is_damage();
        } catch (const std::exception& error) {
            answer = riposte::answer(std::move(call), failure(std::string("read the ledger: ") + error.what()));
        }
        add(answers, std::move(answer), call);
        reads_.pop_front();
    }

    std::function<void()> read(LoadRead& read) {
        auto action = store_->load(read.id);
        if (!action)
            return [done = std::move(read.done), id = read.id] {
                done(failure(std::errc::no_such_file_or_directory, "the ledger has no action " + std::to_string(id)));
            };
        return [done = std::move(read.done), action = *std::move(action)]() mutable { done(std::move(action)); };
    }

    // Nothing: there is more to look at.
    std::function<void()> read(QueryRead& read) {
        if (!read.progress.finished && read.progress.query.limit > 0) store_->advance(read.progress);
        if (!read.progress.finished && read.progress.query.limit > 0) return {};
        return
            [done = std::move(read.done), found = std::move(read.progress.found)]() mutable { done(std::move(found)); };
    }

    // ---- upkeep ----

    void keep_up() {
        try {
            if (!store_) return;
            bool idle = false;
            {
                const std::lock_guard lock(mutex_);
                idle = queue_.empty() && !stopping_;
            }
            store_->checkpoint(idle);
            if ((damaged_ || store_->file_has_moved()) && may_replace()) replace();
        } catch (const SqlError& error) {
            // A disk that is full refuses this too; the next commit says so where it matters.
            damaged_ = error.is_damage();
        }
    }

    // A sound and open store, or an exception.
    void make_ready() {
        if (store_ && !damaged_) return;
        if (may_replace() && !replace()) return;
        throw SqlError(SQLITE_CANTOPEN, no_store_.code, no_store_.what);
    }

    bool may_replace() const { return std::chrono::steady_clock::now() >= replace_after_; }

    // Puts a sound ledger in the place of one that is damaged or whose file was removed.
    std::optional<Error> replace() {
        const bool removed = store_ && !damaged_;
        damaged_ = false;
        auto opened = store_ ? replace_store(store_, state_, clock_) : open_store(state_, clock_);
        if (!opened) {
            replace_after_ = std::chrono::steady_clock::now() + kReplaceAgainAfter;
            no_store_ = opened.error();
            return no_store_;
        }
        if (removed || !opened->set_aside.empty()) replaced_ = describe_replacement(*opened, removed);
        store_ = std::move(opened->store);
        const std::lock_guard lock(mutex_);
        health_.problem = replaced_;
        return std::nullopt;
    }

    boost::asio::io_context& loop_;
    const Clock& clock_;
    const std::filesystem::path state_;
    const std::shared_ptr<std::atomic<bool>> alive_ = std::make_shared<std::atomic<bool>>(true);

    // The loop's.
    ActionId next_id_ = 0;
    ActionId reserved_ = 0;
    bool wake_asked_ = false;

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<LedgerCall> queue_;
    std::int64_t taken_ = 0;
    std::size_t urgent_ = 0;  // of `queue_`
    enum class Waits { No, ForAny, ForUrgent } waits_ = Waits::No;
    bool stopping_ = false;
    Health health_;

    // The thread's; the mutex is contended at the start only, by recover().
    std::mutex store_mutex_;
    std::unique_ptr<Store> store_;
    std::deque<LedgerCall> batch_, kept_, reads_;
    std::size_t outdated_check_at_ = 1024;
    bool damaged_ = false;
    std::string replaced_;
    Error no_store_;
    std::chrono::steady_clock::time_point replace_after_{};

    std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Ledger>> Ledger::open(boost::asio::io_context& loop, const Clock& clock,
                                             const std::filesystem::path& state, Opened& opened) {
    auto store = open_store(state, clock);
    if (!store) return store.error();
    opened.created = store->store->created() && store->set_aside.empty();
    opened.migrated_from = store->store->migrated_from();
    opened.set_aside = store->set_aside.string();
    opened.carried_over = store->salvaged.carried_over;
    opened.lost = store->salvaged.lost;
    try {
        return std::unique_ptr<Ledger>(std::make_unique<SqliteLedger>(loop, clock, state, std::move(store->store)));
    } catch (const SqlError& error) {
        return error.to_error("open the ledger " + ledger_path(state).string());
    } catch (const std::exception& error) {
        return failure("open the ledger " + ledger_path(state).string() + ": " + error.what());
    }
}

Result<std::vector<Action>> query_closed_ledger(const std::filesystem::path& state, const Clock& clock,
                                                const Ledger::Query& query) {
    const std::filesystem::path file = ledger_path(state);
    const std::string doing = "read the ledger " + file.string();
    std::error_code failed;
    if (!std::filesystem::exists(file, failed) && !failed) return failure(std::errc::no_such_file_or_directory, doing);
    try {
        Store store(file, clock, Store::Mode::ReadOnly);
        QueryProgress progress = Store::start_query(query);
        while (!progress.finished && progress.query.limit > 0) store.advance(progress);
        if (!store.of_this_boot()) {
            const Moment now = Moment::of(clock);
            for (Action& action : progress.found) action.due = due_after_reboot(action.due, now, action.timeout);
        }
        return std::move(progress.found);
    } catch (const SqlError& error) {
        return error.to_error(doing);
    } catch (const std::exception& error) {
        return failure(doing + ": " + error.what());
    }
}

}  // namespace riposte
