// tests/e2e: see old_client.hpp. Each function below is one table cell of docs/protocol.md.
#include "tests/e2e/harness/old_client.hpp"

#include <doctest/doctest.h>

namespace steward::e2e {

namespace {

/// "FAIL: SERVICE [JOB]" and its kin.
void parse_status_line(const std::string& line, Answer& answer) {
    INFO("line: ", line);
    const std::size_t colon = line.find(": ");
    REQUIRE(colon != std::string::npos);
    const std::string word = line.substr(0, colon);
    std::string rest = line.substr(colon + 2);
    if (word == "JOB") {
        answer.kind = Answer::Kind::Taken;
        const std::size_t space = rest.find(' ');
        REQUIRE(space != std::string::npos);
        answer.job = rest.substr(0, space);
        answer.service = rest.substr(space + 1);
        return;
    }
    if (word == "COMPLETE") {
        answer.kind = Answer::Kind::Complete;
    } else if (word == "CONT") {
        answer.kind = Answer::Kind::Partial;
    } else {
        REQUIRE(word == "FAIL");
        answer.kind = Answer::Kind::Fail;
    }
    const std::size_t bracket = rest.rfind(" [");
    if (bracket != std::string::npos && rest.ends_with(']')) {
        answer.job = rest.substr(bracket + 2, rest.size() - bracket - 3);
        rest.resize(bracket);
    }
    answer.service = rest;
}

void take_params(const std::string& frame, Answer& answer) {
    const Params params = split_params(frame);
    answer.prefix = params.prefix;
    answer.body = {params.text};
}

Answer parse_zmws1(const RawFrames& frames) {
    Answer answer;
    REQUIRE(frames.size() >= 2);
    CHECK(frames[0].empty());
    parse_status_line(frames[1], answer);
    if (answer.kind == Answer::Kind::Taken) {
        CHECK(frames.size() == 2);
    } else if (frames.size() > 2) {
        CHECK(frames.size() == 3);
        take_params(frames[2], answer);
    } else {
        CHECK(answer.kind == Answer::Kind::Fail);  // a refusal needs no params frame
    }
    return answer;
}

Answer parse_zmws2(const RawFrames& frames) {
    Answer answer;
    REQUIRE(frames.size() >= 4);
    CHECK(frames[0] == "MDPC02");
    parse_status_line(frames[3], answer);
    CHECK(frames[1] == (answer.kind == Answer::Kind::Partial ? "2" : "3"));
    if (answer.kind != Answer::Kind::Fail) {
        CHECK(frames[2] == answer.service);
    }
    if (answer.kind == Answer::Kind::Taken) {
        CHECK(frames.size() == 4);
    } else if (frames.size() > 4) {
        CHECK(frames.size() == 5);
        take_params(frames[4], answer);
    } else {
        CHECK(answer.kind == Answer::Kind::Fail);
    }
    return answer;
}

Answer parse_mdp01(const RawFrames& frames) {
    Answer answer;
    REQUIRE(frames.size() >= 3);
    CHECK(frames[0].empty());
    CHECK(frames[1] == "MDPC01");
    answer.service = frames[2];
    answer.body.assign(frames.begin() + 3, frames.end());
    return answer;
}

Answer parse_mdp02(const RawFrames& frames) {
    Answer answer;
    REQUIRE(frames.size() >= 3);
    CHECK(frames[0] == "MDPC02");
    CHECK((frames[1] == "\x02" || frames[1] == "\x03"));
    answer.kind = frames[1] == "\x02" ? Answer::Kind::Partial : Answer::Kind::Complete;
    answer.service = frames[2];
    answer.body.assign(frames.begin() + 3, frames.end());
    return answer;
}

}  // namespace

std::string_view name_of(Old dialect) {
    switch (dialect) {
        case Old::Zmws1: return "zmws1";
        case Old::Zmws2: return "zmws2";
        case Old::Mdp01: return "MDP/0.1";
        case Old::Mdp02: return "MDP/0.2";
    }
    return {};
}

Params split_params(const std::string& frame) {
    if (frame.starts_with("PARAM") || frame.starts_with("JSON-PARAM")) {
        const std::size_t colon = frame.find(": ");
        if (colon != std::string::npos) {
            return {frame.substr(0, colon + 2), frame.substr(colon + 2)};
        }
    }
    return {"", frame};
}

Answer parse_answer(Old dialect, const RawFrames& frames) {
    INFO("dialect: ", name_of(dialect), ", frames: ", shown(frames));
    switch (dialect) {
        case Old::Zmws1: return parse_zmws1(frames);
        case Old::Zmws2: return parse_zmws2(frames);
        case Old::Mdp01: return parse_mdp01(frames);
        case Old::Mdp02: return parse_mdp02(frames);
    }
    return {};
}

OldClient::OldClient(Old dialect,
                     const std::string& frontend,
                     const std::string& routing_id,
                     const RawKeys& keys)
    : dialect_(dialect), socket_(zmq::socket_type::dealer, frontend, routing_id, keys) {}

void OldClient::request(const std::string& service, const RawFrames& body, bool sync) {
    if (is_zmws(dialect_)) {
        request_with(service, body.empty() ? "" : "PARAM-JSON: " + body.front(), sync);
        return;
    }
    RawFrames frames = dialect_ == Old::Mdp01 ? RawFrames{"", "MDPC01", service}
                                              : RawFrames{"MDPC02", "\x01", service};
    frames.insert(frames.end(), body.begin(), body.end());
    socket_.send(frames);
}

void OldClient::request_with(const std::string& service,
                             const std::string& params_frame,
                             bool sync,
                             const std::string& options) {
    const std::string full_name = (sync ? "SYNC-" : "") + service;
    RawFrames frames;
    if (dialect_ == Old::Zmws2) {
        frames = {"MDPC02", "1"};
    }
    if (!params_frame.empty()) {
        frames.push_back(params_frame);
    }
    if (!options.empty()) {
        frames.push_back("OPTION-JSON: " + options);
    }
    frames.push_back(dialect_ == Old::Zmws1 ? "JOB: " + full_name : full_name);
    socket_.send(frames);
}

Answer OldClient::answer(std::chrono::milliseconds patience) {
    std::optional<Answer> answer = maybe_answer(patience);
    REQUIRE_MESSAGE(answer.has_value(), "no answer came to a client of ", name_of(dialect_));
    return *std::move(answer);
}

std::optional<Answer> OldClient::maybe_answer(std::chrono::milliseconds patience) {
    const std::optional<RawFrames> frames = socket_.receive(patience);
    if (!frames) {
        return std::nullopt;
    }
    return parse_answer(dialect_, *frames);
}

}  // namespace steward::e2e
