// bench: connections to one server, each with its side of the protocol. Reads and writes as much as
// there is at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/peers/side.hpp"

namespace steward::bench {

/// Errors: a connection that ends, ends the program with a message.
/// Thread: one at a time.
class Lines {
public:
    Lines();
    ~Lines();
    Lines(const Lines&) = delete;
    Lines& operator=(const Lines&) = delete;

    /// Connects to the loopback port and says the first words. `side` is this object's.
    void add(std::uint16_t port, std::unique_ptr<Side> side);
    void wait_until_open();

    [[nodiscard]] std::size_t size() const { return lines_.size(); }

    [[nodiscard]] Side& side(std::size_t line) { return *lines_[line]->side; }

    /// What this line is to say; it goes with the next step.
    [[nodiscard]] std::string& out(std::size_t line) { return lines_[line]->out; }

    /// Of all sides.
    [[nodiscard]] std::uint64_t done() const;

    /// Writes what is to be said; false: the system does not take all of it now.
    bool flush();
    /// Does that, waits until something comes or can be written, unless `waits` is false, and takes
    /// it.
    void step(bool waits = true);

private:
    struct Line {
        int socket = -1;
        std::unique_ptr<Side> side;
        std::string in;
        std::string out;
        std::size_t written = 0;  // of `out`
        bool waits_for_room = false;
    };

    void write(Line& line);
    void read(Line& line);
    void watch(Line& line, bool for_room);

    int epoll_ = -1;
    std::vector<std::unique_ptr<Line>> lines_;
    std::vector<char> buffer_;
};

/// A connection to this loopback port, or -1.
[[nodiscard]] int connect_to(std::uint16_t port);
/// A loopback port that nobody listens on.
[[nodiscard]] std::uint16_t free_port();

}  // namespace steward::bench
