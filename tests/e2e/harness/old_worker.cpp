// tests/e2e: see old_worker.hpp. Each function below is one table cell of docs/protocol.md.
#include "tests/e2e/harness/old_worker.hpp"

#include <doctest/doctest.h>

namespace steward::e2e {

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kBeat = 400ms;

HeldJob zmws_job(const std::string& params, const std::string& job_line) {
    REQUIRE(job_line.starts_with("JOB: "));
    Params split = split_params(params);
    HeldJob job{job_line.substr(5), {}, std::move(split.prefix)};
    if (!params.empty()) {
        job.body = {std::move(split.text)};
    }
    return job;
}

HeldJob read_job_zmws1(const RawFrames& frames) {
    REQUIRE(frames.size() == 4);
    CHECK(frames[1].empty());
    return zmws_job(frames[2], frames[3]);
}

HeldJob read_job_zmws2(const RawFrames& frames) {
    REQUIRE(frames.size() == 5);
    CHECK(frames[0].empty());
    CHECK(frames[1] == "MDPC02");
    CHECK(frames[2] == "1");
    return zmws_job(frames[3], frames[4]);
}

/// `at`: where the client frame stands.
HeldJob read_job_mdp(const RawFrames& frames, std::size_t at) {
    REQUIRE(frames.size() >= at + 2);
    CHECK(frames[at + 1].empty());
    return {frames[at], {frames.begin() + static_cast<std::ptrdiff_t>(at) + 2, frames.end()}, ""};
}

}  // namespace

OldWorker::OldWorker(Old dialect,
                     std::string service,
                     const std::string& backend,
                     const std::string& routing_id,
                     const RawKeys& keys)
    : dialect_(dialect),
      service_(std::move(service)),
      socket_(zmq::socket_type::dealer, backend, routing_id, keys) {}

void OldWorker::ready() {
    switch (dialect_) {
        case Old::Zmws1: socket_.send({service_, "READY"}); return;
        case Old::Zmws2: socket_.send({"MDPC02", "3", service_, "READY"}); return;
        case Old::Mdp01: socket_.send({"", "MDPW01", "\x01", service_}); return;
        case Old::Mdp02: socket_.send({"MDPW02", "\x01", service_}); return;
    }
}

void OldWorker::heartbeat() {
    switch (dialect_) {
        case Old::Zmws1:
        case Old::Zmws2: socket_.send({"HEARTBEAT"}); return;
        case Old::Mdp01: socket_.send({"", "MDPW01", "\x04"}); return;
        case Old::Mdp02: socket_.send({"MDPW02", "\x05"}); return;
    }
}

std::optional<HeldJob> OldWorker::read(const RawFrames& frames) {
    INFO("worker of ", name_of(dialect_), " got: ", shown(frames));
    REQUIRE(!frames.empty());
    if (is_zmws(dialect_)) {
        if (frames.size() == 1) {
            CHECK(frames[0] == "HEARTBEAT");
            ++heartbeats_heard_;
            return std::nullopt;
        }
        return dialect_ == Old::Zmws1 ? read_job_zmws1(frames) : read_job_zmws2(frames);
    }
    const std::size_t at = dialect_ == Old::Mdp01 ? 1 : 0;  // of the header, after the delimiter
    REQUIRE(frames.size() >= at + 2);
    CHECK(frames[at] == (dialect_ == Old::Mdp01 ? "MDPW01" : "MDPW02"));
    const std::string& type = frames[at + 1];
    if (type == "\x02") {
        return read_job_mdp(frames, at + 2);
    }
    if (type == (dialect_ == Old::Mdp01 ? "\x05" : "\x06")) {
        was_disconnected_ = true;
    } else {
        CHECK(type == (dialect_ == Old::Mdp01 ? "\x04" : "\x05"));
        ++heartbeats_heard_;
    }
    return std::nullopt;
}

std::optional<HeldJob> OldWorker::maybe_job(std::chrono::milliseconds patience) {
    const Clock::time_point end = Clock::now() + patience;
    Clock::time_point next_beat = Clock::now() + kBeat;
    while (true) {
        const Clock::time_point now = Clock::now();
        if (now >= end) {
            return std::nullopt;
        }
        if (now >= next_beat) {
            heartbeat();
            next_beat = now + kBeat;
        }
        const auto slice =
            std::chrono::ceil<std::chrono::milliseconds>(std::min(end, next_beat) - now);
        if (const std::optional<RawFrames> frames = socket_.receive(slice)) {
            if (std::optional<HeldJob> job = read(*frames)) {
                return job;
            }
        }
    }
}

HeldJob OldWorker::job(std::chrono::milliseconds patience) {
    std::optional<HeldJob> job = maybe_job(patience);
    REQUIRE_MESSAGE(job.has_value(), "no job came to a worker of ", name_of(dialect_));
    return *std::move(job);
}

void OldWorker::report_zmws(const std::string& word, const HeldJob& job, const RawFrames& body) {
    const std::string line = word + ": " + job.token;
    const RawFrames params = body.empty() ? RawFrames{} : RawFrames{"PARAM-JSON: " + body.front()};
    RawFrames frames;
    if (dialect_ == Old::Zmws1) {  // the params stand before the service
        frames = params;
        frames.push_back(service_);
    } else {
        frames = {"MDPC02", word == "CONT" ? "2" : "3", service_};
        frames.insert(frames.end(), params.begin(), params.end());
    }
    frames.push_back(line);
    socket_.send(frames);
}

void OldWorker::report_mdp(const std::string& type, const HeldJob& job, const RawFrames& body) {
    RawFrames frames = dialect_ == Old::Mdp01 ? RawFrames{"", "MDPW01"} : RawFrames{"MDPW02"};
    frames.insert(frames.end(), {type, job.token, ""});
    frames.insert(frames.end(), body.begin(), body.end());
    socket_.send(frames);
}

void OldWorker::partial(const HeldJob& job, const RawFrames& body) {
    REQUIRE(dialect_ != Old::Mdp01);  // has no partial answers
    if (is_zmws(dialect_)) {
        report_zmws("CONT", job, body);
    } else {
        report_mdp("\x03", job, body);
    }
}

void OldWorker::complete(const HeldJob& job, const RawFrames& body) {
    if (is_zmws(dialect_)) {
        report_zmws("COMPLETE", job, body);
    } else {
        report_mdp(dialect_ == Old::Mdp01 ? "\x03" : "\x04", job, body);
    }
}

void OldWorker::fail(const HeldJob& job, const RawFrames& body) {
    REQUIRE(is_zmws(dialect_));
    report_zmws("FAIL", job, body);
}

void OldWorker::disconnect() {
    REQUIRE(!is_zmws(dialect_));
    if (dialect_ == Old::Mdp01) {
        socket_.send({"", "MDPW01", "\x05"});
    } else {
        socket_.send({"MDPW02", "\x06"});
    }
}

}  // namespace steward::e2e
