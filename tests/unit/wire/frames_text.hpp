// tests/unit/wire: frames written and compared as plain strings, so that a test reads like the
// tables.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/job.hpp"
#include "common/wire/dialect.hpp"
#include "common/wire/frames.hpp"

namespace steward::wire::test {

using Texts = std::vector<std::string>;

inline Frames frames(const Texts& texts) {
    Frames made;
    for (const std::string& text : texts) {
        made.push_back(base::Blob::copy(text));
    }
    return made;
}

inline Texts texts(const Frames& frames) {
    Texts shown;
    for (const base::Blob& frame : frames) {
        shown.emplace_back(frame.view());
    }
    return shown;
}

inline model::Payload payload(model::Encoding encoding, std::string_view bytes) {
    return {encoding, base::Blob::copy(bytes)};
}

inline const model::JobId kJob{0x0001'0000'0000'0001, 7};
inline const std::string kJobText = kJob.text();
inline const std::string kToken = kJobText + ".3";
inline const model::Attempt kAttempt{kJob, 3};

/// A result with what most tests need; the rest is set where it matters.
inline ResultForClient result_of(bool succeeded,
                                 std::string_view text,
                                 model::Payload result = {},
                                 model::Encoding wanted = model::Encoding::Absent) {
    return {"STR-REV", kJob, succeeded, text, std::move(result), wanted};
}

inline constexpr Form kBare1{DialectId::Zmws1, false};
inline constexpr Form kBare2{DialectId::Zmws2, false};
inline constexpr Form kDelimited2{DialectId::Zmws2, true};
inline constexpr Form kMdp01{DialectId::Mdp01, true};
inline constexpr Form kMdp02{DialectId::Mdp02, false};

}  // namespace steward::wire::test
