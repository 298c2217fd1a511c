// bench: Steward as a subject.
#pragma once

#include <memory>

#include "bench/subject.hpp"

namespace steward::bench {

[[nodiscard]] std::unique_ptr<Subject> steward_subject();

}  // namespace steward::bench
