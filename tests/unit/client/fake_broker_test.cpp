// tests: the body of the fake broker, and that it answers.
#include "tests/unit/client/fake_broker.hpp"

#include <chrono>
#include <utility>

#include <doctest/doctest.h>

namespace steward::client::test {

namespace native = wire::native;
using namespace std::chrono_literals;

FakeBroker::FakeBroker()
    : context_(net::Context::open().value()),
      router_(net::make_router(context_, {.linger = 0s}).value()),
      wake_(posix::WakeFd::open().value()),
      endpoint_(router_.bind("tcp://127.0.0.1:*").value()),
      thread_([this] { run(); }) {}

void FakeBroker::stop() {
    is_stopping_.store(true);
    wake_.wake();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void FakeBroker::run() {
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

void FakeBroker::answer(const std::string& peer, const wire::Frames& frames) {
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
        }
    }
    while (!out.empty()) {
        static_cast<void>(router_.send_to(peer, out.take()));
    }
}

void FakeBroker::answer(native::Submit& submit, native::BatchWriter& out) {
    const std::string_view service = submit.spec.service.view();
    const model::JobId job{1, ++jobs_};
    const std::uint64_t number = submit.number;
    if (service == "mute") {
        return;
    }
    if (service == "refuse") {
        out.add(native::Refused{number, {base::Errc::QueueFull, "the queue is full", 3s}});
        return;
    }
    out.add(native::Accepted{number, job});
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

void FakeBroker::answer(const native::Query& query, native::BatchWriter& out) {
    if (query.what == "status" && query.job && query.job->number == 0) {
        out.add(native::Refused{query.number, {base::Errc::UnknownJob, "no such job", {}}});
        return;
    }
    out.add(native::Report{query.number,
                           base::Blob::copy(R"({"what":")" + query.what + R"(","service":")" +
                                            query.service + "\"}")});
}

TEST_CASE("A fake broker can be stopped twice and leaves its port") {
    FakeBroker broker;
    CHECK(broker.endpoint().starts_with("tcp://127.0.0.1:"));
    broker.stop();
    broker.stop();
    net::Context context = net::Context::open().value();
    net::Socket router = net::make_router(context, {.linger = 0s}).value();
    CHECK(router.bind(broker.endpoint()).has_value());
}

}  // namespace steward::client::test
