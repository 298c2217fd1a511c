// broker/core: questions that wait for a worker's answer.
#pragma once

#include "broker/core/handles.hpp"
#include "broker/core/input.hpp"
#include "common/base/slot_map.hpp"

namespace steward::core {

/// Who asked, and whom.
struct OpenQuestion {
    Address from;
    Peer worker;
    std::uint32_t timer = UINT32_MAX;  // when it is refused
};

using QuestionMap = base::SlotMap<OpenQuestion>;

/// Open at once; more are refused.
inline constexpr std::size_t kQuestionsMax = 1024;
/// A worker answers from its own loop, also while it works. Shorter than monitoring systems wait.
inline constexpr base::Duration kQuestionPatience = std::chrono::seconds(5);
/// Of an answer. 256 counters have room in it.
inline constexpr std::size_t kAnswerBytesMax = 64UL << 10U;

}  // namespace steward::core
