// tests/sim: what happened, as a hash over every byte that was sent and as the last lines for
// people.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "common/base/time.hpp"
#include "common/wire/frames.hpp"

namespace steward::sim {

/// Two runs with equal hashes sent the same bytes at the same instants in the same order.
class Trace {
public:
    /// `print_all`: every line goes to stdout as it happens, not only the last ones on a failure.
    explicit Trace(bool print_all = false) : print_all_(print_all) {}

    void message(base::MonoTime now,
                 std::string_view from,
                 std::string_view to,
                 const wire::Frames& frames);
    void line(base::MonoTime now, std::string_view who, std::string_view what);

    [[nodiscard]] std::uint64_t hash() const { return hash_; }

    /// The last lines, oldest first. For a person who looks for the cause of a failure.
    [[nodiscard]] std::string last_lines() const;

private:
    struct Entry {
        base::MonoTime at{};
        std::string who;
        std::string text;
        wire::Frames frames;  // shared bytes, formatted only when somebody wants to read them
    };

    void keep(Entry entry);
    void mix(std::string_view bytes);
    [[nodiscard]] static std::string format(const Entry& entry);

    static constexpr std::size_t kLinesKept = 80;
    std::deque<Entry> entries_;
    std::uint64_t hash_ = 0xCBF29CE484222325ULL;
    bool print_all_;
};

/// One message in a few words: the commands of a native batch, or the frames as printable text.
[[nodiscard]] std::string describe(const wire::Frames& frames);

}  // namespace steward::sim
