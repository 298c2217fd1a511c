// client: a job to submit, for those that submit many.
#pragma once

#include <string>

#include "client/params.hpp"
#include "common/model/job.hpp"

namespace steward::client {

struct Spec {
    std::string service = {};
    Params params = {};
    model::JobOptions options = {};
};

}  // namespace steward::client
