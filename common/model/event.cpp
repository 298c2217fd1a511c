#include "common/model/event.hpp"

#include <array>

namespace steward::model {
namespace {

constexpr std::array<std::string_view, kEventKinds> kNames = {
    "RECEIVED",      "DEDUPLICATED",     "BLOCKED",        "DELAYED",       "ENQUEUED",
    "DEQUEUED",      "DELEGATE_START",   "DELEGATE_ERROR", "EXECUTE_START", "PROGRESS",
    "EXECUTE_ERROR", "SNOOZED",          "RETURNED",       "RETRY",         "EDITED",
    "CANCELLING",    "EXECUTE_COMPLETE", "FAILED",         "DEAD",          "EXPIRED",
    "CANCELLED",     "DISCARDED",        "PAUSED",         "RESUMED",       "DRAINED",
    "DISABLED",      "ENABLED",          "BATCH_COMPLETE"};

static_assert(static_cast<std::size_t>(EventKind::BatchComplete) + 1 == kEventKinds);

}  // namespace

std::string_view name_of(EventKind kind) {
    return kNames[static_cast<std::size_t>(kind)];
}

std::optional<EventKind> event_named(std::string_view name) {
    for (std::size_t i = 0; i < kEventKinds; ++i) {
        if (kNames[i] == name) {
            return static_cast<EventKind>(i);
        }
    }
    return std::nullopt;
}

}  // namespace steward::model
