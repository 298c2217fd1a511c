// tests/sim: messages in words, for traces that people read.
#include <string>

#include "common/base/bytes.hpp"
#include "common/wire/native.hpp"
#include "tests/sim/trace.hpp"

namespace steward::sim {
namespace {

namespace native = wire::native;

std::string name(const model::JobId& job) {
    return "job " + std::to_string(job.epoch % 100'000) + "." + std::to_string(job.number);
}

std::string name(const model::Attempt& attempt) {
    return name(attempt.job) + " attempt " + std::to_string(attempt.number);
}

std::string name(const std::vector<model::Attempt>& attempts) {
    std::string out;
    for (const auto& attempt : attempts) {
        out += (out.empty() ? "" : ", ") + name(attempt);
    }
    return out;
}

std::string text_of(const model::Payload& payload) {
    return base::printable(payload.bytes.view(), 24);
}

struct InWords {
    std::string operator()(const native::Session& c) const {
        return "session " + std::to_string(c.session) + " acked<" + std::to_string(c.acked_below);
    }

    std::string operator()(const native::ClientHello&) const { return "hello"; }

    std::string operator()(const native::Submit& c) const {
        return "submit #" + std::to_string(c.number) + (c.again ? " again " : " ") +
               std::string(c.spec.service.view()) + (c.spec.options.sync ? " sync " : " ") +
               text_of(c.spec.params);
    }

    std::string operator()(const native::Query& c) const { return "query " + c.what; }

    std::string operator()(const native::Await& c) const {
        return "await #" + std::to_string(c.number) + " " + name(c.job) +
               (c.follow ? " following" : "");
    }

    std::string operator()(const native::Operate& c) const {
        return "operate #" + std::to_string(c.number) + " " + c.verb + " " +
               base::printable(c.arguments.view(), 80);
    }

    std::string operator()(const native::WorkerReady& c) const {
        std::string out = "ready";
        for (const auto& service : c.services) {
            out += " " + service;
        }
        for (const auto& run : c.running) {
            out += " running " + name(run.attempt);
        }
        return out + " credit " + std::to_string(c.credit_max);
    }

    std::string operator()(const native::Finish& c) const {
        return "finish " + name(c.attempt) + " verdict " +
               std::to_string(static_cast<int>(c.outcome.verdict));
    }

    std::string operator()(const native::Return& c) const { return "return " + name(c.attempts); }

    std::string operator()(const native::Goodbye&) const { return "goodbye"; }

    std::string operator()(const native::Heartbeat&) const { return "heartbeat"; }

    std::string operator()(const native::Partial& c) const { return "partial " + name(c.attempt); }

    std::string operator()(const native::Progress& c) const {
        return "progress " + name(c.attempt);
    }

    std::string operator()(const native::Welcome&) const { return "welcome"; }

    std::string operator()(const native::Disconnect& c) const { return "disconnect: " + c.why; }

    std::string operator()(const native::Accepted& c) const {
        return "accepted #" + std::to_string(c.number) + " " + name(c.job);
    }

    std::string operator()(const native::Refused& c) const {
        return "refused #" + std::to_string(c.number) + " " + c.error.message;
    }

    std::string operator()(const native::JobPartial& c) const {
        return "partial #" + std::to_string(c.number);
    }

    std::string operator()(const native::JobProgress& c) const {
        return "progress #" + std::to_string(c.number);
    }

    std::string operator()(const native::Result& c) const {
        return "result #" + std::to_string(c.number) + " " + name(c.job) + " " +
               std::string(model::name_of(c.state));
    }

    std::string operator()(const native::Report& c) const {
        return "report #" + std::to_string(c.number);
    }

    std::string operator()(const native::Assign& c) const {
        return "assign " + name(c.attempt) + " " + c.service + " " + text_of(c.params);
    }

    std::string operator()(const native::StopAttempt& c) const {
        return "stop " + name(c.attempt) + ": " + c.why;
    }

    std::string operator()(const native::Recall& c) const { return "recall " + name(c.attempts); }

    std::string operator()(const native::RegisterAgain&) const { return "register again"; }

    std::string operator()(const native::Ask& c) const {
        return "ask " + c.what + " as " + std::to_string(c.number);
    }

    std::string operator()(const native::Told& c) const {
        return "told " + std::to_string(c.number);
    }
};

std::string describe_native(const wire::Frames& frames) {
    std::string out;
    native::BatchReader reader(frames);
    for (;;) {
        auto command = reader.next();
        const std::string_view gap = out.empty() ? "" : "; ";
        if (!command) {
            return out.append(gap).append("BAD: ").append(command.error().message);
        }
        if (!command->has_value()) {
            return out;
        }
        out.append(gap).append(std::visit(InWords{}, **command));
    }
}

}  // namespace

std::string describe(const wire::Frames& frames) {
    if (native::is_native(frames)) {
        return describe_native(frames);
    }
    std::string out;
    for (const auto& frame : frames) {
        out += (out.empty() ? "[" : "|") + base::printable(frame.view(), 60);
    }
    return out + (frames.empty() ? "[]" : "]");
}

}  // namespace steward::sim
