#include "client/cli/batch_piece.hpp"

#include <algorithm>
#include <utility>

#include "common/base/assert.hpp"

namespace steward::cli {

base::Error at_line(std::size_t number, base::Error error) {
    error.message = "line " + std::to_string(number) + ": " + error.message;
    return error;
}

void BatchPiece::add(std::size_t number, client::Spec spec) {
    lines_.push_back({number, std::move(spec), Fate::Waiting, {}});
}

std::vector<client::Spec> BatchPiece::offered() const {
    std::vector<client::Spec> specs;
    specs.reserve(lines_.size());
    for (const Line& line : lines_) {
        if (line.fate == Fate::Waiting) {
            specs.push_back(line.spec);
        }
    }
    return specs;
}

BatchPiece::Fate BatchPiece::fate_of(const base::Error& error) {
    switch (class_of(error.code)) {
        case base::ErrorClass::Retry: return Fate::Waiting;
        case base::ErrorClass::Unknown: return Fate::Unknown;
        case base::ErrorClass::Caller:
        case base::ErrorClass::Fatal: return Fate::Refused;
    }
    return Fate::Refused;
}

std::size_t BatchPiece::settle(std::span<const base::Expected<model::JobId>> answers) {
    std::size_t next = 0;
    std::size_t submitted = 0;
    for (Line& line : lines_) {
        if (line.fate != Fate::Waiting) {
            continue;
        }
        STEWARD_ASSERT(next < answers.size());
        if (const auto& answer = answers[next++]; answer) {
            line.fate = Fate::Submitted;
            ++submitted;
        } else {
            line.fate = fate_of(answer.error());
            line.error = at_line(line.number, answer.error());
        }
    }
    return submitted;
}

std::vector<base::Error> BatchPiece::leave_out() {
    std::vector<base::Error> errors;
    std::erase_if(lines_, [&](Line& line) {
        if (line.fate != Fate::Refused) {
            return false;
        }
        errors.push_back(std::move(line.error));
        return true;
    });
    return errors;
}

std::optional<base::Error> BatchPiece::offer_again() const {
    const Line* last = nullptr;
    for (const Line& line : lines_) {
        if (line.fate == Fate::Unknown) {
            return std::nullopt;
        }
        last = line.fate == Fate::Waiting ? &line : last;
    }
    return last != nullptr ? std::optional(last->error) : std::nullopt;
}

std::optional<BatchStop> BatchPiece::stop() const {
    const auto first =
        std::ranges::find_if(lines_, [](const Line& line) { return line.fate != Fate::Submitted; });
    if (first == lines_.end()) {
        return std::nullopt;
    }
    const bool is_exact = std::all_of(first, lines_.end(), [](const Line& line) {
        return line.fate == Fate::Waiting || line.fate == Fate::Refused;
    });
    return BatchStop{first->error, is_exact ? std::string() : others()};
}

std::string BatchPiece::others() const {
    std::string text = "of the lines up to " + std::to_string(lines_.back().number);
    if (const std::string numbers = numbers_of(true); !numbers.empty()) {
        text += " these are not submitted: " + numbers + ';';
    }
    if (const std::string numbers = numbers_of(false); !numbers.empty()) {
        text += " of these it is not known: " + numbers + ';';
    }
    return text + " all others are submitted";
}

// "4, 7-9": of those that are known not to be submitted, or of those of which it is not known.
std::string BatchPiece::numbers_of(bool is_known) const {
    const auto counts = [&](const Line& line) {
        return is_known ? line.fate == Fate::Waiting || line.fate == Fate::Refused
                        : line.fate == Fate::Unknown;
    };
    std::string text;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        if (!counts(lines_[i])) {
            continue;
        }
        const std::size_t first = i;
        while (i + 1 < lines_.size() && counts(lines_[i + 1])) {
            ++i;
        }
        text += (text.empty() ? "" : ", ") + std::to_string(lines_[first].number);
        text += i > first ? "-" + std::to_string(lines_[i].number) : "";
    }
    return text;
}

}  // namespace steward::cli
