// tests/e2e: the sample workers of this build and what they do.
#pragma once

namespace steward::e2e {

/// One program serves one service; `--service-name` gives it another name.
inline constexpr const char* kReverseProgram = "steward-worker-reverse";  // a text, backwards
inline constexpr const char* kSleepProgram = "steward-worker-sleep";      // {"seconds": n}
inline constexpr const char* kRandomProgram = "steward-worker-random";    // {"count": n} partials
inline constexpr const char* kLogProgram = "steward-worker-log";  // {"line": text} into --file
/// Does as its params say: worker/samples/trial.cpp lists them.
inline constexpr const char* kTrialProgram = "steward-worker-trial";

}  // namespace steward::e2e
