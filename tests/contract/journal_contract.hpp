// tests/contract: what every Journal promises, written down once; each engine is held to it.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "broker/store/journal.hpp"

namespace steward::contract {

/// One place where an engine keeps its records.
class JournalWorld {
public:
    virtual ~JournalWorld() = default;
    /// Opens the engine over what earlier ones left here; at most one is open at a time.
    [[nodiscard]] virtual std::unique_ptr<store::Journal> open() = 0;
    /// Whether records outlive the engine that took them.
    [[nodiscard]] virtual bool remembers() const = 0;
    /// The most that one commit may hold, in bytes of records.
    [[nodiscard]] virtual std::size_t commit_bytes_max() const = 0;
};

struct JournalRule {
    const char* sentence;
    void (*check)(JournalWorld& world);
};

[[nodiscard]] std::span<const JournalRule> journal_rules();

// ---- what the rules are made of, for other tests of journals ----
void append(store::Journal& journal, const std::vector<std::string>& records);
/// Waits as the loop does: on the descriptor, asking durable() after each wake-up.
void await_durable(const store::Journal& journal);
[[nodiscard]] std::vector<std::string> replayed(store::Journal& journal);

/// Checks every rule, each in a world of its own.
void check_journal(const std::function<std::unique_ptr<JournalWorld>()>& make_world);

}  // namespace steward::contract
