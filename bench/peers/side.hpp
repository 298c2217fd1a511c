// bench: one end of a connection in a server's own protocol, as a state machine over bytes. It
// knows no socket: lines.hpp has those.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace steward::bench {

/// Errors: an answer that is a refusal or not understood ends the program with a message.
/// Thread: one at a time.
class Side {
public:
    Side() = default;
    virtual ~Side() = default;
    Side(const Side&) = delete;
    Side& operator=(const Side&) = delete;

    /// What is said first.
    virtual void open(std::string& out) = 0;
    /// Takes the whole messages at the front of `in`, says in `out` what they call for, and returns
    /// how many bytes it took.
    virtual std::size_t take(std::string_view in, std::string& out) = 0;
    /// One job for this service; of a client's side.
    virtual void send(std::string& out, std::size_t service, std::string_view payload);

    /// Whether what open() began is complete.
    [[nodiscard]] bool is_open() const { return is_open_; }

    /// A client's: jobs acknowledged, or calls answered. A worker's: jobs finished.
    [[nodiscard]] std::uint64_t done() const { return done_; }

protected:
    void opened() { is_open_ = true; }

    void add_done(std::uint64_t count = 1) { done_ += count; }

    [[noreturn]] static void refused(const char* who, std::string_view answer);

private:
    bool is_open_ = false;
    std::uint64_t done_ = 0;
};

/// The name of a service on every wire.
[[nodiscard]] std::string service_name(std::size_t service);

/// A payload of a call begins with it where the protocol itself does not tell calls from background
/// jobs.
inline constexpr char kCallMark = '?';

/// What answers a job where an answer is the only acknowledgement: a call's whole payload, of a
/// background job's so much, as nobody wants it back.
inline std::string_view answer_of(std::string_view payload) {
    constexpr std::size_t kBackgroundBytes = 100;
    return payload.starts_with(kCallMark) ? payload : payload.substr(0, kBackgroundBytes);
}

/// How many jobs a worker asks for ahead: one after a time without work, more the longer there was
/// always one.
class Appetite {
public:
    explicit Appetite(std::size_t most) : most_(most) {}

    [[nodiscard]] std::size_t jobs() const { return jobs_; }

    void fed() {
        if (++streak_ >= kStreak * jobs_ && jobs_ < most_) {
            jobs_ *= 2;
            streak_ = 0;
        }
    }

    void went_hungry() {
        jobs_ = 1;
        streak_ = 0;
    }

private:
    static constexpr std::size_t kStreak = 4;

    std::size_t most_;
    std::size_t jobs_ = 1;
    std::size_t streak_ = 0;
};

}  // namespace steward::bench
