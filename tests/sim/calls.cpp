// tests/sim: the book of calls.
#include "tests/sim/calls.hpp"

#include "common/base/bytes.hpp"
#include "tests/sim/failure.hpp"

namespace steward::sim {
namespace {

std::string name(Uid uid, const Call& call) {
    return "call p" + std::to_string(uid) + "x of " + call.client + " to " + call.service +
           (call.sync ? " (sync)" : " (async)");
}

}  // namespace

Uid Calls::open(Call call) {
    const Uid uid = calls_.size() + 1;
    calls_.emplace(uid, std::move(call));
    open_.insert(uid);
    return uid;
}

void Calls::end(Uid uid, std::string_view how) {
    Call& call = calls_.at(uid);
    if (call.ended) {
        broken("one final outcome: " + name(uid, call) + " ended again: " + std::string(how));
    }
    call.ended = true;
    ++ended_;
    open_.erase(uid);
}

void Calls::end_with_result(Uid uid, bool succeeded, std::string_view bytes) {
    Call& call = calls_.at(uid);
    if (succeeded && call.is_unique) {
        if (!uid_in(bytes, 'r')) {
            broken("results are true: " + name(uid, call) + " got " + base::printable(bytes));
        }
    } else if (succeeded) {
        if (call.successes == 0) {
            broken("results are true: no worker succeeded in " + name(uid, call));
        }
        if (uid_in(bytes, 'r') != uid) {
            broken("results belong to their call: " + name(uid, call) + " got " +
                   base::printable(bytes));
        }
    }
    end(uid, succeeded ? "succeeded" : "failed");
}

void Calls::abandon(Uid uid) {
    calls_.at(uid).abandoned = true;
    open_.erase(uid);
}

void Calls::worker_succeeded(Uid uid) {
    const auto found = calls_.find(uid);
    if (found != calls_.end()) {
        ++found->second.successes;
    }
}

const Call& Calls::at(Uid uid) const {
    static const Call kNobodys;
    if (uid == kNobodysCall) {
        return kNobodys;
    }
    const auto found = calls_.find(uid);
    if (found == calls_.end()) {
        broken("jobs come from clients: nobody made call " + std::to_string(uid));
    }
    return found->second;
}

std::string Calls::any_open() const {
    return open_.empty() ? "none" : name(*open_.begin(), calls_.at(*open_.begin()));
}

std::string params_text(Uid uid, std::size_t filling) {
    return "p" + std::to_string(uid) + "x" + std::string(filling, '.');
}

std::string answer_text(Uid uid) {
    return "r" + std::to_string(uid) + "x";
}

std::optional<Uid> uid_in(std::string_view bytes, char kind) {
    for (std::size_t at = bytes.find(kind); at != std::string_view::npos;
         at = bytes.find(kind, at + 1)) {
        Uid uid = 0;
        std::size_t end = at + 1;
        while (end < bytes.size() && bytes[end] >= '0' && bytes[end] <= '9' && end - at < 19) {
            uid = uid * 10 + static_cast<Uid>(bytes[end++] - '0');
        }
        if (end > at + 1 && end < bytes.size() && bytes[end] == 'x') {
            return uid;
        }
    }
    return std::nullopt;
}

}  // namespace steward::sim
