// tests/sim: journals without a disk.
#include "tests/sim/sim_journal.hpp"

namespace steward::sim {

void SimJournal::open() {
    ++life_;
    last_ = 0;
    durable_ = 0;
    queue_.clear();
}

void SimJournal::crash() {
    ++life_;
    if (!rules_.keeps) {
        disk_.clear();
    }
    // A write may have reached the disk although nobody was told: a prefix of the queue survives.
    const auto survivors = choices_.below(queue_.size() + 1);
    for (std::uint64_t i = 0; i < survivors; ++i) {
        store_first();
    }
    queue_.clear();
}

bool SimJournal::wants_checkpoint() {
    return rules_.keeps && !disk_.empty() && choices_.chance(1, 200);
}

// What waits to be synced is part of the state, and so on the disk with it.
base::Expected<void> SimJournal::checkpoint(const store::StateWriter& write_state) {
    for (Commit& commit : queue_) {
        for (const std::string& record : commit.records) {
            if (on_stored_ && !commit.is_in_checkpoint) {
                on_stored_(record);
            }
        }
        commit.is_in_checkpoint = true;
    }
    disk_.clear();
    return write_state([this](std::string_view record) -> base::Expected<void> {
        disk_.emplace_back(record);
        return {};
    });
}

void SimJournal::store_first() {
    if (queue_.front().is_in_checkpoint) {
        queue_.pop_front();
        return;
    }
    for (std::string& record : queue_.front().records) {
        if (on_stored_) {
            on_stored_(record);
        }
        disk_.push_back(std::move(record));
    }
    queue_.pop_front();
}

base::Expected<void> SimJournal::replay(const store::RecordSink& sink) {
    for (const std::string& record : disk_) {
        if (auto taken = sink(record); !taken) {
            return taken;
        }
    }
    return {};
}

base::Expected<void> SimJournal::append(std::span<const std::string_view> records) {
    if (!rules_.keeps) {
        for (const std::string_view record : records) {
            if (on_stored_) {
                on_stored_(record);
            }
        }
        last_ += records.size();
        durable_ = last_;
        return {};
    }
    if (queue_.size() >= rules_.queue_max) {
        return base::fail(base::Errc::QueueFull, "the journal's queue is full");
    }
    last_ += records.size();
    queue_.push_back({std::vector<std::string>(records.begin(), records.end()), last_});
    const Duration pause = choices_.between(Duration(0), rules_.sync_max);
    last_sync_ = std::max(last_sync_, schedule_.now() + pause);
    schedule_.at(last_sync_, [this, life = life_] { sync_first(life); });
    return {};
}

void SimJournal::sync_first(std::uint64_t life) {
    if (life != life_ || queue_.empty()) {
        return;
    }
    durable_ = queue_.front().last;
    store_first();
    if (on_durable_) {
        on_durable_();
    }
}

}  // namespace steward::sim
