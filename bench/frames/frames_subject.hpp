// bench: servers that are driven by raw ZeroMQ frames.
#pragma once

#include <memory>
#include <string>

#include "bench/subject.hpp"

namespace steward::bench {

struct FramesSettings {
    std::string name;
    std::string title;
    std::string dialect = "forwarder";  // of frame_dialect(); no forwarder's: the broker
    bool one_job_a_worker = false;      // of the forwarder; workers of old dialects never have more
};

[[nodiscard]] std::unique_ptr<Subject> frames_subject(FramesSettings settings);

}  // namespace steward::bench
