// The facts that a core has written, read by another: both must tell the same of jobs, results,
// batches, limits, groups and modes. Every Broker of these tests is compared so at its end.
#include <set>

#include "tests/unit/core/core_fixture.hpp"

namespace steward::core::test {
namespace {

using model::JobState;

std::string number(base::WallTime instant) {
    return std::to_string(instant.time_since_epoch().count());
}

std::string number(const std::optional<base::WallTime>& instant) {
    return instant ? number(*instant) : "-";
}

// What somebody who asks is told of a core, a line for each thing.
class View {
public:
    View(Core& core, const base::Now& now, std::set<model::JobId> known)
        : core_(core), now_(now), known_(std::move(known)) {}

    std::vector<std::string> lines() {
        lines_.clear();
        add_jobs();
        add_groups();
        add_limits();
        add_batches();
        add_modes();
        std::ranges::sort(lines_);
        return std::move(lines_);
    }

private:
    template <class Message>
    std::optional<Message> answer_to(Input&& input) {
        Effects effects;
        core_.apply(now_, std::move(input), effects);
        for (Send& send : effects.sends) {
            if (auto* message = std::get_if<Message>(&send.what)) {
                return std::move(*message);
            }
        }
        return std::nullopt;
    }

    template <class Report>
    Report ask(QueryKind kind, Cursor after = 0) {
        Query query;
        query.from = at(kOperator);
        query.kind = kind;
        query.after = after;
        return std::get<Report>(*answer_to<Answer>(std::move(query))->report);
    }

    void add_jobs() {
        Cursor next = 0;
        do {
            const auto page = ask<model::ListReport>(QueryKind::List, next);
            for (const model::JobRow& row : page.rows) {
                if (known_.contains(row.id)) {
                    add(row);
                }
            }
            next = page.next;
        } while (next != 0);
    }

    void add(const model::JobRow& row) {
        // Which worker has a job is no fact: it waits for it to come back.
        const bool waits = row.state == JobState::Active || row.state == JobState::Ready;
        std::string line =
            "job " + std::to_string(row.id.number) + " of " + std::string(row.service.view()) + " ";
        line += waits ? "waits or runs" : model::name_of(row.state);
        line += " priority " + std::to_string(row.priority) + " attempt " +
                std::to_string(row.attempt) + " failures " + std::to_string(row.failures) +
                " losses " + std::to_string(row.losses) + " accepted " + number(row.accepted_at) +
                " ended " + number(row.ended_at) + " due " + number(row.due_at);
        for (const model::Label* label : {&row.channel, &row.context, &row.group, &row.batch}) {
            line += " " + std::string(label->view());
        }
        line += " params " + std::string(row.params.bytes.view());
        if (const auto end = answer_to<JobResult>(Await{at(kOperator), row.id, {}})) {
            line += " result " + std::string(end->result.bytes.view()) + " text " + end->text;
        }
        lines_.push_back(std::move(line));
        if (!row.group.empty()) {
            groups_.insert(std::string(row.group.view()));
        }
    }

    // Of groups that jobs name: others may have been forgotten.
    void add_groups() {
        for (const model::GroupRow& row : ask<model::GroupReport>(QueryKind::Groups).rows) {
            if (groups_.contains(std::string(row.group.view()))) {
                lines_.push_back("group " + std::string(row.group.view()) + " weight " +
                                 std::to_string(row.weight) + " limit " +
                                 std::to_string(row.limit) + " spacing " +
                                 std::to_string(row.spacing.count()));
            }
        }
    }

    void add_limits() {
        for (const model::LimitRow& row : ask<model::LimitReport>(QueryKind::Limits).rows) {
            std::string line = "limit " + std::string(row.name.view());
            line += " at once " + std::to_string(row.at_once.value_or(0)) + " spacing " +
                    std::to_string(row.rate ? row.rate->spacing.count() : 0) + " of";
            for (const std::string& name : row.services) {
                line += " " + name;
            }
            lines_.push_back(std::move(line));
        }
    }

    void add_batches() {
        for (const model::BatchRow& row : ask<model::BatchReport>(QueryKind::Batches).rows) {
            lines_.push_back("batch " + std::string(row.name.view()) + " total " +
                             std::to_string(row.total) + " succeeded " +
                             std::to_string(row.succeeded) + " failed " +
                             std::to_string(row.failed) + (row.is_closed ? " closed" : "") +
                             (row.is_ended ? " ended " : " ") + number(row.ended_at) + " opened " +
                             number(row.opened_at) + " then " +
                             (row.then ? std::to_string(row.then->number) : "-"));
        }
    }

    void add_modes() {
        lines_.push_back("mode " + ask<model::BrokerReport>(QueryKind::Broker).mode);
        for (const model::ServiceRow& row : ask<model::ServiceReport>(QueryKind::Services).rows) {
            if (row.mode != "running") {
                lines_.push_back("mode of " + std::string(row.service.view()) + " " + row.mode);
            }
        }
    }

    Core& core_;
    base::Now now_;
    std::set<model::JobId> known_;
    std::set<std::string> groups_;
    std::vector<std::string> lines_;
};

// Jobs that the facts tell of. One that runs although it was cancelled is told to stop by the core
// that gave it away, and is over for the one that reads the facts.
std::set<model::JobId> comparable(const std::vector<Record>& facts) {
    std::set<model::JobId> ids;
    for (const Record& fact : facts) {
        if (const auto* accepted = std::get_if<JobAccepted>(&fact)) {
            ids.insert(accepted->id);
        } else if (const auto* cancelled = std::get_if<JobCancelled>(&fact)) {
            ids.erase(cancelled->id);
        }
    }
    return ids;
}

}  // namespace

namespace {

std::unique_ptr<Core> restored_from(const Broker& broker, const std::vector<Record>& facts) {
    Policy policy = broker.policy;
    policy.settle = base::Duration::zero();  // nobody comes back
    auto core = broker.begun_from(facts, policy);
    Effects effects;
    core->apply(broker.now, Tick{}, effects);
    core->check_invariants();
    return core;
}

// What a checkpoint of it would hold.
std::vector<Record> standing_facts(const Core& core) {
    std::vector<Record> facts;
    const auto done = core.write_facts([&](const Record& fact) -> base::Expected<void> {
        facts.push_back(fact);
        return {};
    });
    CHECK(done.has_value());
    return facts;
}

void check_same(const std::vector<std::string>& live, const std::vector<std::string>& told) {
    for (std::size_t i = 0; i < std::max(live.size(), told.size()); ++i) {
        const std::string was = i < live.size() ? live[i] : "(nothing)";
        const std::string is = i < told.size() ? told[i] : "(nothing)";
        CHECK(was == is);
        if (was != is) {
            return;
        }
    }
}

}  // namespace

std::unique_ptr<Core> restored(const Broker& broker) {
    return restored_from(broker, broker.journal);
}

void check_restores(Broker& broker) {
    broker.apply(Tick{});
    const auto known = comparable(broker.journal);
    const auto standing = standing_facts(broker.core);
    const auto second = restored(broker);
    const auto third = restored_from(broker, standing);
    const auto live = View(broker.core, broker.now, known).lines();
    INFO("from all facts");
    check_same(live, View(*second, broker.now, known).lines());
    INFO("from a checkpoint");
    check_same(live, View(*third, broker.now, known).lines());
}

}  // namespace steward::core::test
