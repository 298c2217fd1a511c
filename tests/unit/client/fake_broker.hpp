// tests: something that speaks the broker's side of the native protocol on a loopback port, with no
// queue, worker or memory: what it answers is decided by the service's name.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/net/context.hpp"
#include "common/net/poller.hpp"
#include "common/net/roles.hpp"
#include "common/posix/wake_fd.hpp"
#include "common/wire/native.hpp"

namespace steward::client::test {

namespace native = wire::native;
using namespace std::chrono_literals;

/// Async submissions are accepted. Calls, by service:
///   echo     the params as result              fail    a failure with the text "no luck"
///   stream   three parts, one progress, then the result     hang    accepted, never answered
/// Async ones of "quick" end at once with their params, of "doomed" with a death; of "twin" they
/// are an earlier job. Any service called "refuse" is refused with QueueFull, "mute" is not
/// answered. Queries are reported with what was asked; status, why and await of a job whose number
/// is 0 are refused with UnknownJob. An await of a job of epoch 2 hears that it goes on, of epoch 3
/// that it is dead, of epoch 4 nothing, of any other its result: the wait in microseconds; if it
/// follows, after a progress and two parts. Listings have three pages of one row. Operations change
/// one job, on the service "many" two at a time for three times; "gone" is no batch's name.
class FakeBroker {
public:
    FakeBroker();

    ~FakeBroker() { stop(); }

    FakeBroker(const FakeBroker&) = delete;
    FakeBroker& operator=(const FakeBroker&) = delete;

    /// Closes its port and forgets everything. Twice is allowed.
    void stop();

    [[nodiscard]] const std::string& endpoint() const { return endpoint_; }

    [[nodiscard]] std::uint64_t submissions() const { return submissions_.load(); }

    [[nodiscard]] std::uint64_t messages() const { return messages_.load(); }

    struct Operation {
        std::string verb;
        nlohmann::json arguments;
    };

    /// All since the last time.
    [[nodiscard]] std::vector<Operation> operations() {
        const std::lock_guard lock(mutex_);
        return std::exchange(operations_, {});
    }

    /// The submissions since the last time.
    [[nodiscard]] std::vector<wire::native::Submit> submits() {
        const std::lock_guard lock(mutex_);
        return std::exchange(submits_, {});
    }

private:
    void run();
    void answer(const std::string& peer, const wire::Frames& frames);
    void answer(wire::native::Submit& submit, wire::native::BatchWriter& out);
    void answer(const wire::native::Query& query, wire::native::BatchWriter& out);
    void answer(const wire::native::Await& await, wire::native::BatchWriter& out);
    void answer(const wire::native::Operate& operate, wire::native::BatchWriter& out);

    net::Context context_;
    net::Socket router_;
    posix::WakeFd wake_;
    std::string endpoint_;
    std::uint64_t jobs_ = 0;
    std::mutex mutex_;
    std::vector<Operation> operations_;
    std::vector<wire::native::Submit> submits_;
    std::atomic<std::uint64_t> submissions_ = 0;
    std::atomic<std::uint64_t> messages_ = 0;
    std::atomic<bool> is_stopping_ = false;
    std::thread thread_;
};

inline FakeBroker::FakeBroker()
    : context_(net::Context::open().value()),
      router_(net::make_router(context_, {.linger = 0s}).value()),
      wake_(posix::WakeFd::open().value()),
      endpoint_(router_.bind("tcp://127.0.0.1:*").value()),
      thread_([this] { run(); }) {}

inline void FakeBroker::stop() {
    is_stopping_.store(true);
    wake_.wake();
    if (thread_.joinable()) {
        thread_.join();
    }
}

inline void FakeBroker::run() {
    net::Poller poller;
    poller.add(router_);
    poller.add(wake_.fd());
    std::string peer;
    wire::Frames frames;
    while (!is_stopping_.load()) {
        static_cast<void>(poller.wait(std::nullopt));
        while (router_.receive_from(peer, frames) == net::ReceiveStatus::Received) {
            answer(peer, frames);
        }
    }
    // The end of the context waits until the port is really free; the socket must end before it.
    const net::Context context = std::move(context_);
    const net::Socket closed = std::move(router_);
}

inline void FakeBroker::answer(const std::string& peer, const wire::Frames& frames) {
    if (!native::is_native(frames)) {
        return;
    }
    ++messages_;
    native::BatchWriter out;
    native::BatchReader reader(frames);
    while (true) {
        auto next = reader.next();
        if (!next || !next->has_value()) {
            break;
        }
        native::Command& command = **next;
        if (std::holds_alternative<native::ClientHello>(command)) {
            out.add(native::Welcome{native::kVersion, "fake", 5s, 1UL << 20U, 65'536});
        } else if (std::holds_alternative<native::Heartbeat>(command)) {
            out.add(native::Heartbeat{});
        } else if (auto* submit = std::get_if<native::Submit>(&command)) {
            ++submissions_;
            answer(*submit, out);
        } else if (const auto* query = std::get_if<native::Query>(&command)) {
            answer(*query, out);
        } else if (const auto* await = std::get_if<native::Await>(&command)) {
            answer(*await, out);
        } else if (const auto* operate = std::get_if<native::Operate>(&command)) {
            answer(*operate, out);
        }
    }
    while (!out.empty()) {
        static_cast<void>(router_.send_to(peer, out.take()));
    }
}

inline void FakeBroker::answer(native::Submit& submit, native::BatchWriter& out) {
    const std::string_view service = submit.spec.service.view();
    const model::JobId job{1, ++jobs_};
    const std::uint64_t number = submit.number;
    {
        const std::lock_guard lock(mutex_);
        submits_.push_back(submit);
    }
    if (service == "mute") {
        return;
    }
    if (service == "refuse") {
        out.add(native::Refused{number, {base::Errc::QueueFull, "the queue is full", 3s}});
        return;
    }
    if (!submit.spec.options.sync && (service == "quick" || service == "doomed")) {
        const auto state = service == "quick" ? model::JobState::Succeeded : model::JobState::Dead;
        out.add(native::Result{number, job, state, "", std::move(submit.spec.params)});
        return;
    }
    out.add(native::Accepted{number, job, service == "twin"});
    if (!submit.spec.options.sync || service == "hang") {
        return;
    }
    if (service == "fail") {
        out.add(native::Result{number, job, model::JobState::Failed, "no luck", {}});
        return;
    }
    if (service == "stream") {
        for (const char* part : {"1", "2", "3"}) {
            out.add(
                native::JobPartial{number, job, {model::Encoding::Json, base::Blob::copy(part)}});
        }
        out.add(native::JobProgress{number, job, 3, 4, "nearly"});
    }
    out.add(
        native::Result{number, job, model::JobState::Succeeded, "", std::move(submit.spec.params)});
}

inline void FakeBroker::answer(const native::Query& query, native::BatchWriter& out) {
    if (query.job && query.job->number == 0 && query.what != "list") {
        out.add(native::Refused{query.number, {base::Errc::UnknownJob, "no such job", {}}});
        return;
    }
    static const std::set<std::string> kPaged = {
        "list", "groups", "limits", "schedules", "batches"};
    if (kPaged.contains(query.what)) {
        nlohmann::json row = {{"what", query.what},
                              {"page", query.after},
                              {"service", query.service},
                              {"context", query.context},
                              {"group", query.group},
                              {"batch", query.after == 1 ? query.batch : ""},
                              {"total", 3},
                              {"succeeded", 2},
                              {"failed", query.batch == "unlucky" ? 1 : 0},
                              {"closed", query.batch == "closed"},
                              {"ended", query.batch != "endless"},
                              {"states", query.states},
                              {"rows_max", query.rows_max}};
        nlohmann::json page = {{"rows", nlohmann::json::array({std::move(row)})}};
        if (query.after < 2) {
            page["next"] = query.after + 1;
        }
        out.add(native::Report{query.number, base::Blob::copy(page.dump())});
        return;
    }
    out.add(native::Report{query.number,
                           base::Blob::copy(R"({"what":")" + query.what + R"(","service":")" +
                                            query.service + "\"}")});
}

inline void FakeBroker::answer(const native::Await& await, native::BatchWriter& out) {
    if (await.job.number == 0) {
        out.add(native::Refused{await.number, {base::Errc::UnknownJob, "no such job", {}}});
    } else if (await.job.epoch == 2) {
        if (await.follow) {
            out.add(native::JobPartial{
                await.number, await.job, {model::Encoding::Json, base::Blob::copy("7")}, {5, 1}});
        }
        out.add(native::Accepted{await.number, await.job});
    } else if (await.job.epoch == 3) {
        out.add(native::Result{await.number, await.job, model::JobState::Dead, "no luck", {}});
    } else if (await.job.epoch != 4) {
        if (await.follow) {
            out.add(native::JobProgress{await.number, await.job, 1, 3, "begun"});
            for (const char* part : {"1", "2"}) {
                out.add(native::JobPartial{
                    await.number, await.job, {model::Encoding::Json, base::Blob::copy(part)}});
            }
        }
        const std::string wait = std::to_string(await.wait.count());
        out.add(native::Result{await.number,
                               await.job,
                               model::JobState::Succeeded,
                               "",
                               {model::Encoding::Json, base::Blob::copy(wait)}});
    }
}

inline void FakeBroker::answer(const native::Operate& operate, native::BatchWriter& out) {
    nlohmann::json arguments = nlohmann::json::parse(operate.arguments.view());
    nlohmann::json report = {{"changed", 1}};
    if (arguments.value("service", "") == "many") {
        const auto from = arguments.value("from", std::uint64_t{0});
        report = {{"changed", 2}};
        if (from < 2) {
            report["next"] = from + 1;
        }
    }
    if (arguments.value("batch", "") == "gone") {
        out.add(native::Refused{operate.number, {base::Errc::UnknownName, "no such batch", {}}});
    } else {
        out.add(native::Report{operate.number, base::Blob::copy(report.dump())});
    }
    const std::lock_guard lock(mutex_);
    operations_.push_back({operate.verb, std::move(arguments)});
}

}  // namespace steward::client::test
