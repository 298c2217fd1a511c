// broker/core: the facts that an input leaves for the journal, in order. What an input says of
// neighbours that are alike becomes one record; decision 0030 says why.
#pragma once

#include <cstddef>
#include <vector>

#include "broker/core/effect.hpp"
#include "broker/core/record.hpp"

namespace steward::core {

class Appends {
public:
    /// Of records that tell of neighbours, so that none is large.
    static constexpr std::size_t kNeighboursMax = 1024;
    /// Params and meta together, and a result: a job with more has records of its own.
    static constexpr std::size_t kNeighbourBytesMax = 255;

    /// What follows goes behind `to`, whose records so far no longer change.
    void begin(std::vector<Append>& to) {
        to_ = &to;
        first_ = to.size();
        can_join_ = false;
    }

    /// Number of the last record.
    [[nodiscard]] Seq last() const { return last_; }

    /// The records behind `last` are nobody's.
    void go_back_to(Seq last) { last_ = last; }

    Seq put(Record&& record) {
        add().record = std::move(record);
        return last_;
    }

    /// A fact that is written in its place. Valid until the next; last() is its number.
    template <class Fact>
    Fact& put() {
        return add().record.emplace<Fact>();
    }

    /// What the last record settles, see Append.
    void settle(Seq accepted) { to_->back().settles = accepted; }

    /// AttemptStarted, in one record with those before it if there are any.
    void put_started(const model::Attempt& attempt, base::WallTime at);

    /// JobEnded of a job that was never lost nor failed, in one record with those before it. Such a
    /// record settles nothing: its jobs have so little that it would gain none.
    Seq put_succeeded(const model::JobId& id,
                      base::WallTime at,
                      model::Payload&& result,
                      Seq settles);

    /// The JobsAccepted at `place`, if it may take one more job; else null. `place`: what
    /// place_of_last() was when it was put.
    [[nodiscard]] JobsAccepted* accepting_at(std::size_t place);

    [[nodiscard]] std::size_t place_of_last() const { return to_->size() - 1; }

    [[nodiscard]] Seq seq_at(std::size_t place) const { return (*to_)[place].seq; }

private:
    Append& add() {
        can_join_ = false;
        Append& append = to_->emplace_back();
        append.seq = ++last_;
        return append;
    }

    [[nodiscard]] Record* tail() { return to_->size() > first_ ? &to_->back().record : nullptr; }

    std::vector<Append>* to_ = nullptr;
    std::size_t first_ = 0;  // of this input
    Seq last_ = 0;
    bool can_join_ = false;  // the last is one of put_succeeded()
};

}  // namespace steward::core
