#include "gateway/metrics/health.hpp"

#include <utility>

#include <nlohmann/json.hpp>

namespace steward::gateway {
namespace {

std::string seconds_text(base::Duration duration) {
    return std::to_string(std::chrono::floor<std::chrono::seconds>(duration).count()) + " s";
}

Response health_answer(const std::vector<std::string>& reasons) {
    nlohmann::json body{{"status", reasons.empty() ? "ok" : "failing"}};
    if (!reasons.empty()) {
        body["reasons"] = reasons;
    }
    Response response;
    response.status = reasons.empty() ? 200 : 503;
    response.content_type = "application/json";
    response.body = base::Blob::copy(body.dump() + "\n");
    response.headers.push_back({"Cache-Control", "no-store"});
    return response;
}

}  // namespace

std::vector<std::string> not_ready_because(const Standing& standing) {
    std::vector<std::string> reasons;
    if (standing.is_ending) {
        reasons.emplace_back("the gateway was told to end");
    }
    if (standing.wants_tokens && !standing.has_tokens) {
        reasons.emplace_back("the file of tokens could not be read, so nobody is let in");
    }
    if (!standing.is_connected) {
        reasons.emplace_back("there is no connection with a broker");
        return reasons;  // what was heard of it before is old
    }
    if (!standing.answer_age) {
        reasons.emplace_back("the broker has not answered yet");
    } else if (*standing.answer_age > kAnswerAgeMax) {
        reasons.push_back("the broker was last heard " + seconds_text(*standing.answer_age) +
                          " ago, and answers within " + seconds_text(kAnswerAgeMax) +
                          " when it is well");
    }
    if (standing.is_draining) {
        reasons.emplace_back("the broker ends and takes no more jobs");
    } else if (standing.mode == "draining" || standing.mode == "disabled") {
        reasons.push_back("all services are " + standing.mode +
                          " and take no jobs; `steward resume --all` lets them again");
    }
    return reasons;
}

Response healthz(base::Duration late) {
    if (late <= kLoopLateMax) {
        return health_answer({});
    }
    return health_answer({"the gateway's loop is " + seconds_text(late) + " late, and " +
                          seconds_text(kLoopLateMax) + " is the most"});
}

Response readyz(const Standing& standing) {
    return health_answer(not_ready_because(standing));
}

}  // namespace steward::gateway
