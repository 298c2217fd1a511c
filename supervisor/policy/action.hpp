// supervisor/policy: what is to be done, and what has been noticed; values that the shell carries
// out.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace steward::supervisor {

/// The n-th process of a pool, from 1 on.
struct ProcessId {
    std::string pool;
    std::uint32_t number = 1;

    auto operator<=>(const ProcessId&) const = default;
};

struct Start {
    ProcessId process;
};

/// Send it its stop signal: it may finish what it does.
struct AskToStop {
    ProcessId process;
};

/// End it and everything it has started. `is_last_resort`: a Kill before has not helped.
struct Kill {
    ProcessId process;
    bool is_last_resort = false;
};

enum class Loudness : std::uint8_t { Info, Warning, Error };

/// Something for the log.
struct Note {
    Loudness loudness = Loudness::Info;
    std::string event;  // stable snake_case
    ProcessId about;    // number 0: the pool as a whole
    std::string why;
};

using Action = std::variant<Start, AskToStop, Kill, Note>;
using Actions = std::vector<Action>;

/// "reverse" of a pool that is to have no more than one process, else "reverse.1". One of several
/// all the same, as an operator may want them: "reverse.2".
[[nodiscard]] std::string name_of(const ProcessId& process, bool is_single);

}  // namespace steward::supervisor
