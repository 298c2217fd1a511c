// broker/store: the journal of a broker that keeps nothing. It numbers records and forgets them:
// what was accepted lives as long as the process.
#pragma once

#include "broker/store/journal.hpp"

namespace steward::store {

/// Every record is "durable" at once, and replay() finds none.
class MemoryJournal final : public Journal {
public:
    [[nodiscard]] base::Expected<void> replay(const RecordSink& sink) override;
    [[nodiscard]] base::Expected<void> append(std::span<const std::string_view> records) override;

    [[nodiscard]] Seq last() const override { return last_; }

    [[nodiscard]] base::Expected<Seq> durable() const override { return last_; }

    [[nodiscard]] int wakeup_fd() const override { return -1; }

private:
    Seq last_ = 0;
};

}  // namespace steward::store
