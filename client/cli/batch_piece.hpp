// client/cli: lines of a batch that are submitted together, and what becomes of each. Values in,
// values out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "client/spec.hpp"
#include "common/base/expected.hpp"
#include "common/model/ids.hpp"

namespace steward::cli {

[[nodiscard]] base::Error at_line(std::size_t number, base::Error error);

/// What ended a run of lines.
struct BatchStop {
    base::Error error;   // of the first line that is not submitted
    std::string others;  // for people: which lines behind it are; empty when none is
};

/// A broker answers for each line by itself: one may be refused and those behind it be taken.
///
/// Bound: the lines that were added.
class BatchPiece {
public:
    /// Numbers ascend.
    void add(std::size_t number, client::Spec spec);

    [[nodiscard]] bool empty() const { return lines_.empty(); }

    [[nodiscard]] std::size_t size() const { return lines_.size(); }

    void clear() { lines_.clear(); }

    /// Those that the broker may still take: offered for the first time, or refused for now.
    [[nodiscard]] std::vector<client::Spec> offered() const;
    /// The answers to all that offered() gave, in its order. Returns how many are submitted.
    std::size_t settle(std::span<const base::Expected<model::JobId>> answers);
    /// Takes those away that are refused for good, and says why each was.
    [[nodiscard]] std::vector<base::Error> leave_out();

    /// Of the last line that was refused for now; nothing when no line is to be offered again, or
    /// when there is no knowing what became of one: then the broker is not there.
    [[nodiscard]] std::optional<base::Error> offer_again() const;
    /// Nothing when all lines are submitted.
    [[nodiscard]] std::optional<BatchStop> stop() const;

private:
    enum class Fate : std::uint8_t { Waiting, Submitted, Refused, Unknown };

    struct Line {
        std::size_t number = 0;
        client::Spec spec;
        Fate fate = Fate::Waiting;
        base::Error error;
    };

    [[nodiscard]] static Fate fate_of(const base::Error& error);
    [[nodiscard]] std::string numbers_of(bool is_known) const;
    [[nodiscard]] std::string others() const;

    std::vector<Line> lines_;
};

}  // namespace steward::cli
