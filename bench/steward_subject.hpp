// bench: Steward as a subject.
#pragma once

#include <memory>

#include "bench/subject.hpp"

namespace steward::bench {

[[nodiscard]] std::unique_ptr<Subject> steward_subject();
/// The same with the lifecycle log, as by default: background jobs only.
[[nodiscard]] std::unique_ptr<Subject> steward_with_log();

}  // namespace steward::bench
