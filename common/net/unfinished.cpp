#include "common/net/unfinished.hpp"

#include <algorithm>

namespace steward::net {
namespace {

// ZeroMQ takes one message of each connection in turn. Connections that come and go in between may
// change the order; more than twice as many turns have been everybody's.
constexpr std::uint64_t kRounds = 2;
constexpr std::uint64_t kTurnsMin = 64;

}  // namespace

void Unfinished::opened(int fd, std::uint64_t tag, base::MonoTime now) {
    closed(fd);
    Connection& connection = connections_[fd];
    connection.tag = tag;
    connection.at = now;
}

void Unfinished::closed(int fd) {
    const auto found = connections_.find(fd);
    if (found != connections_.end()) {
        forget_notice(fd, found->second);
        connections_.erase(found);
    }
}

void Unfinished::forget_notice(int fd, Connection& connection) {
    if (std::exchange(connection.is_noticed, false)) {
        std::erase(noticed_, fd);
    }
}

std::vector<int> Unfinished::all() const {
    std::vector<int> fds;
    fds.reserve(connections_.size());
    for (const auto& [fd, connection] : connections_) {
        fds.push_back(fd);
    }
    return fds;
}

std::uint64_t Unfinished::noticed_weight() const {
    const std::uint64_t share = bounds_.memory_max / kUnnoticedShare / (connections_.size() + 1);
    return std::clamp(share, kNoticedWeightMin, kNoticedWeight);
}

void Unfinished::sampled(int fd, const TakenIn& taken, base::MonoTime now) {
    const auto found = connections_.find(fd);
    if (found == connections_.end()) {
        return;
    }
    Connection& c = found->second;
    if (taken.bytes < c.seen) {
        closed(fd);  // another connection has its descriptor, of which opened() tells soon
        return;
    }
    // Whole seconds only, so that many samples forgive no more than few.
    const auto passed = std::chrono::floor<std::chrono::seconds>(now - c.at);
    const auto seconds = static_cast<std::uint64_t>(passed.count());
    c.at += passed;
    c.level += taken.bytes - c.seen;
    c.level -= std::min(c.level, kIdleBytesPerSecond * seconds);
    c.held += taken.bytes - c.seen;
    c.held -= std::min(c.held, kIdleBytesPerSecond * seconds);
    c.weight += (taken.bytes - c.seen) * kByteWeight;
    const std::uint32_t segments = taken.segments - c.segments;
    c.weight += segments * kSegmentWeight;
    c.weight -= std::min(c.weight, kIdleWeightPerSecond * seconds);
    c.seen = taken.bytes;
    c.segments = taken.segments;
    c.unread = taken.unread;
    if (!c.is_noticed && (c.level > kNoticed || c.weight > noticed_weight())) {
        c.is_noticed = true;
        c.noticed_at = now;
        c.level = 0;
        noticed_.push_back(fd);
    }
}

void Unfinished::heard(int fd) {
    ++taken_;
    if (is_waiting_ && taken_ >= kRounds * connections_.size() + kTurnsMin) {
        is_sure_ = true;
    }
    const auto found = connections_.find(fd);
    if (found != connections_.end() && found->second.is_noticed) {
        found->second.level = 0;
        found->second.held = 0;
        found->second.weight = 0;
        forget_notice(fd, found->second);
    }
}

void Unfinished::drained() {
    is_sure_ = is_waiting_;
}

bool Unfinished::is_any_over() const {
    std::uint64_t total = 0;
    for (const int fd : noticed_) {
        const std::uint64_t level = connections_.at(fd).taken_in();
        total += level;
        if (level > bounds_.message_max + kFraming || total > bounds_.total_max) {
            return true;
        }
    }
    return false;
}

Unfinished::Sums Unfinished::sums() const {
    Sums sums;
    for (const int fd : noticed_) {
        const Connection& connection = connections_.at(fd);
        sums.held += connection.held;
        sums.weight += connection.weight;
    }
    return sums;
}

void Unfinished::judge_from_here(std::uint64_t resident) {
    const Sums of_noticed = sums();
    const bool is_at_rest = of_noticed.weight <= bounds_.memory_max / 2;
    if (is_at_rest || resident < resident_at_rest_ || std::exchange(has_cut_, false)) {
        resident_at_rest_ = resident;
    }
    const std::uint64_t plain = bounds_.memory_max / 2 + kPlainWeight * of_noticed.held;
    has_grown_ = of_noticed.weight > bounds_.memory_max && resident - resident_at_rest_ > plain;
    taken_ = 0;
    is_sure_ = false;
    is_waiting_ = has_grown_ || is_any_over();
}

std::vector<Unfinished::Verdict> Unfinished::judge() {
    std::vector<Verdict> verdicts;
    if (!is_sure_) {
        return verdicts;
    }
    is_sure_ = false;
    is_waiting_ = false;
    std::uint64_t left = 0;  // of those that stay
    std::vector<int> fds;
    for (const int fd : noticed_) {
        const std::uint64_t level = connections_.at(fd).taken_in();
        if (level > bounds_.message_max + kFraming) {
            verdicts.push_back({fd, connections_.at(fd).tag, level, false});
        } else {
            left += level;
            fds.push_back(fd);
        }
    }
    // Who has begun last may well end.
    std::ranges::stable_sort(fds, {}, [&](int fd) { return connections_.at(fd).noticed_at; });
    const std::uint64_t weight_max =
        std::exchange(has_grown_, false) ? bounds_.memory_max / 2 : UINT64_MAX;
    std::uint64_t weight = sums().weight;
    for (const int fd : fds) {
        const Connection& connection = connections_.at(fd);
        const std::uint64_t level = connection.taken_in();
        const bool is_over = left > bounds_.total_max && level > 0;
        if (is_over || weight > weight_max) {
            left -= level;
            weight -= connection.weight;
            verdicts.push_back({fd, connection.tag, level, true});
        }
    }
    has_cut_ = has_cut_ || !verdicts.empty();
    return verdicts;
}

}  // namespace steward::net
