#include "broker/core/record_codec.hpp"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include "broker/core/record_layout.hpp"
#include "common/model/limits.hpp"

namespace steward::core {
namespace {

constexpr std::uint8_t kVersion = 2;

// The place in Record of each kind of fact, by its number in the journal. Numbers are never reused;
// a new fact takes the next.
template <class... Facts>
struct Kinds {};

using AllKinds = Kinds<JobAccepted,      // 1
                       AttemptStarted,   // 2
                       AttemptFailed,    // 3
                       JobEnded,         // 4
                       AttemptReturned,  // 5
                       AttemptSnoozed,   // 6
                       JobCancelled,     // 7
                       JobEdited,        // 8
                       DependencyMet,    // 9
                       JobRetried,       // 10
                       JobDiscarded,     // 11
                       ModesChanged,     // 12
                       LimitSet,         // 13
                       LimitRemoved,     // 14
                       GroupSet,         // 15
                       ScheduleSet,      // 16
                       ScheduleRemoved,  // 17
                       ScheduleMoved,    // 18
                       BatchOpened,      // 19
                       BatchClosed,      // 20
                       BatchEnded,       // 21
                       JobStands,        // 22
                       ResultKept,       // 23
                       SubmissionsSeen,  // 24
                       BatchStands,      // 25
                       ScheduleRan,      // 26
                       JobsSpilled,      // 27
                       JobsAccepted,     // 28
                       AttemptsStarted,  // 29
                       JobsSucceeded>;   // 30

template <class Fact, class... Facts>
constexpr std::uint8_t number_of(Kinds<Facts...> /*all*/) {
    constexpr std::array<bool, sizeof...(Facts)> kIs = {std::is_same_v<Fact, Facts>...};
    for (std::size_t i = 0; i < kIs.size(); ++i) {
        if (kIs[i]) {
            return static_cast<std::uint8_t>(i + 1);
        }
    }
    return 0;
}

// False: no fact has this number.
template <class... Facts>
bool read_kind(std::uint8_t number, RecordReader& in, Record& to, Kinds<Facts...> all) {
    const auto read = [&]<class Fact>(std::type_identity<Fact>) {
        if (number != number_of<Fact>(all)) {
            return false;
        }
        lay_out<RecordReader>(in, to.emplace<Fact>());
        return true;
    };
    return (read(std::type_identity<Facts>{}) || ...);
}

// ---- what bytes can say and facts cannot ----
bool is_sane(const model::Payload& payload) {
    return payload.encoding <= model::Encoding::Php;
}

bool is_sane(const model::JobSpec& spec) {
    const model::JobOptions& o = spec.options;
    return is_sane(spec.params) && o.after.size() <= model::kAfterMax &&
           o.unique_scope.value_or(model::UniqueScope::Running) <= model::UniqueScope::Running &&
           o.on_duplicate.value_or(model::OnDuplicate::Drop) <= model::OnDuplicate::Replace;
}

bool is_sane(const JobAccepted& fact) {
    return is_sane(fact.spec);
}

bool is_sane(const JobEnded& fact) {
    return model::is_final(fact.state) && is_sane(fact.result);
}

bool is_sane(const JobEdited& fact) {
    return !fact.params || is_sane(*fact.params);
}

bool is_sane(const ModesChanged& fact) {
    for (const ModeChange& change : fact.changes) {
        if (change.mode > Mode::Disabled) {
            return false;
        }
    }
    return true;
}

bool is_sane(const ScheduleSet& fact) {
    const model::Schedule& schedule = fact.schedule;
    return schedule.missed <= model::MissedRuns::All && !schedule.zone.changes.empty() &&
           is_sane(schedule.job);
}

bool is_sane(const JobStands& fact) {
    return fact.fate <= AttemptFate::Over;
}

bool is_sane(const ResultKept& fact) {
    return model::is_final(fact.state) && is_sane(fact.result);
}

bool is_sane(const JobsAccepted& fact) {
    return is_sane(model::JobSpec{fact.service, {}, fact.options}) &&
           std::ranges::all_of(fact.jobs, [](const auto& one) { return is_sane(one.params); });
}

bool is_sane(const JobsSucceeded& fact) {
    return std::ranges::all_of(fact.jobs, [](const auto& one) { return is_sane(one.result); });
}

bool is_sane(const BatchOpened& fact) {
    return !fact.then || is_sane(*fact.then);
}

template <class Fact>
bool is_sane(const Fact& /*fact*/) {
    return true;
}

}  // namespace

void encode_record(const Record& record, std::string& out) {
    RecordWriter writer(out);
    std::visit(
        [&](const auto& fact) {
            using Fact = std::remove_cvref_t<decltype(fact)>;
            static_assert(number_of<Fact>(AllKinds{}) != 0, "every fact has a number");
            writer.integer(kVersion);
            writer.integer(number_of<Fact>(AllKinds{}));
            lay_out<RecordWriter>(writer, fact);
        },
        record);
}

base::Expected<Record> decode_record(std::string_view bytes) {
    RecordReader in(bytes);
    std::uint8_t version = 0;
    std::uint8_t kind = 0;
    in.integer(version);
    if (in.ok() && version != kVersion) {
        return base::fail(base::Errc::UnsupportedVersion,
                          "this release reads journal records of version " +
                              std::to_string(kVersion) + "; this one has version " +
                              std::to_string(version));
    }
    in.integer(kind);
    Record record;
    if (in.ok() && !read_kind(kind, in, record, AllKinds{})) {
        return base::fail(base::Errc::Malformed,
                          "a journal record has a kind from 1 to " +
                              std::to_string(std::variant_size_v<Record>) + "; this one has " +
                              std::to_string(kind));
    }
    const bool is_sound = in.ok() && in.at_end() &&
                          std::visit([](const auto& fact) { return is_sane(fact); }, record);
    if (!is_sound) {
        return base::fail(base::Errc::Malformed,
                          "a journal record of " + std::to_string(bytes.size()) +
                              " bytes and kind " + std::to_string(kind) +
                              " does not hold its fields");
    }
    return record;
}

}  // namespace steward::core
