// tests/sim: clients of the old dialects.
#include "tests/sim/old_client.hpp"

#include "common/base/bytes.hpp"
#include "tests/sim/failure.hpp"

namespace steward::sim {

using namespace std::string_view_literals;

wire::Frames frames_of(std::initializer_list<std::string_view> texts) {
    wire::Frames frames;
    for (const std::string_view text : texts) {
        frames.push_back(base::Blob::copy(text));
    }
    return frames;
}

void OldClient::start() {
    born();
    reconnect();
}

void OldClient::reconnect() {
    is_connected_ = false;
    connect_to(0, app::Side::Frontend);
}

void OldClient::connected() {
    is_connected_ = true;
    call_again();
}

void OldClient::disconnected() {
    give_up();
    reconnect();
}

void OldClient::give_up() {
    if (open_ != 0) {
        stage_.calls.abandon(open_);
        open_ = 0;
    }
}

void OldClient::call_again() {
    if (stage_.healed) {
        return;
    }
    later(choices().between(Duration(0), stage_.plan.submit_pause_max * 2), [this] {
        if (is_connected_ && open_ == 0 && !stage_.healed) {
            ask();
        }
    });
}

void OldClient::ask() {
    Call call;
    call.client = name();
    const bool is_mdp = dialect_ == OldDialect::Mdp01 || dialect_ == OldDialect::Mdp02;
    const std::string_view nobodys = is_mdp ? kNobodysHeldService : kNobodysService;
    call.service = choices().chance(1, 40) ? std::string(nobodys) : choices().pick(services());
    call.sync = is_mdp || choices().chance(1, 2);
    open_ = stage_.calls.open(call);
    send(make_request(call, open_));
    later(choices().between(Duration(6s), Duration(20s)), [this, asked = ++asked_] {
        const bool may_wait = stage_.healed && !stage_.network.was_hurt(link());
        if (asked == asked_ && open_ != 0 && !may_wait) {
            give_up();
            reconnect();
        }
    });
}

wire::Frames OldClient::make_request(const Call& call, Uid uid) const {
    const std::string params = params_text(uid, 5);
    const std::string json = "PARAM-JSON: \"" + params + "\"";
    const std::string service = (call.sync ? "SYNC-" : "") + call.service;
    switch (dialect_) {
        case OldDialect::Zmws1: return frames_of({"", json, "JOB: " + service});
        case OldDialect::Zmws2: return frames_of({"MDPC02", "1", json, "JOB: " + service});
        case OldDialect::Mdp01: return frames_of({"", "MDPC01", call.service, params});
        case OldDialect::Mdp02: return frames_of({"MDPC02", "\x01", call.service, params});
    }
    return {};
}

void OldClient::take(const wire::Frames& frames) {
    if (open_ == 0) {
        broken("answers follow requests: " + name() + " got " + describe(frames));
    }
    switch (dialect_) {
        case OldDialect::Zmws1: hear_zmws(frames, 0); break;
        case OldDialect::Zmws2: hear_zmws(frames, 3); break;
        case OldDialect::Mdp01:
        case OldDialect::Mdp02: hear_mdp(frames); break;
    }
    if (open_ == 0) {
        call_again();
    }
}

void OldClient::hear_zmws(const wire::Frames& frames, std::size_t first) {
    if (!frames.empty() && frames.front().empty()) {
        ++first;
    }
    const std::string_view line = frames.size() > first ? frames[first].view() : ""sv;
    const std::string_view param = frames.size() > first + 1 ? frames[first + 1].view() : ""sv;
    const bool is_sync = stage_.calls.at(open_).sync;
    if (line.starts_with("CONT: ")) {
        return;
    }
    if (is_sync && line.starts_with("COMPLETE: ")) {
        stage_.calls.end_with_result(open_, true, param);
    } else if (line.starts_with("FAIL: ")) {
        stage_.calls.end(open_, "failed");
    } else if (!is_sync && line.starts_with("JOB: ")) {
        const auto job = model::JobId::parse(line.substr(5, 26));
        if (!job) {
            broken("receipts name the job: " + base::printable(line));
        }
        stage_.calls.end(open_, "accepted");
    } else {
        broken("answers are in the dialect of the request: " + describe(frames));
    }
    open_ = 0;
}

void OldClient::hear_mdp(const wire::Frames& frames) {
    const bool is_02 = dialect_ == OldDialect::Mdp02;
    const bool is_well_formed = frames.size() >= 3 &&
                                frames[is_02 ? 0 : 1].view() == (is_02 ? "MDPC02" : "MDPC01") &&
                                (is_02 || frames[0].empty());
    if (!is_well_formed) {
        broken("answers are in the dialect of the request: " + describe(frames));
    }
    if (is_02 && frames[1].view() == "\x02") {
        return;  // partial
    }
    if (frames[2].view() != stage_.calls.at(open_).service) {
        broken("answers name the service that was asked: " + describe(frames));
    }
    const std::string_view body = frames.size() > 3 ? frames[3].view() : ""sv;
    stage_.calls.end_with_result(open_, uid_in(body, 'r').has_value(), body);
    open_ = 0;
}

}  // namespace steward::sim
