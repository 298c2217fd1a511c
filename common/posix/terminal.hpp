// common/posix: a terminal that a program draws on: how large it is, and its keys one by one.
#pragma once

#include <memory>
#include <optional>

#include "common/base/expected.hpp"

namespace steward::posix {

struct TerminalSize {
    int columns = 80;
    int rows = 24;

    bool operator==(const TerminalSize&) const = default;
};

/// Nothing when the descriptor is no terminal, or one that does not know.
[[nodiscard]] std::optional<TerminalSize> terminal_size(int fd) noexcept;

/// Keys of standard input as they are pressed, unechoed, Ctrl-C among them, until this ends: then
/// the terminal is as it was before.
///
/// Thread: one.
class Keys {
public:
    /// Errors: Io when standard input is no terminal.
    [[nodiscard]] static base::Expected<Keys> open();
    ~Keys();
    Keys(Keys&&) noexcept;
    Keys& operator=(Keys&&) = delete;

    /// The next byte; nothing when none has come. Blocks: never.
    [[nodiscard]] std::optional<char> next();

    /// For Poller: readable when next() has something, or the terminal is gone.
    [[nodiscard]] static int fd() noexcept;

private:
    struct Before;

    explicit Keys(std::unique_ptr<Before> before) noexcept;

    std::unique_ptr<Before> before_;
};

}  // namespace steward::posix
