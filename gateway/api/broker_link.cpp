#include "gateway/api/broker_link.hpp"

#include "common/posix/clock.hpp"

namespace steward::gateway {

namespace {

// Where a page goes on has 64 bits, more than the numbers of scripts hold.
void write_out_cursor(nlohmann::json& report) {
    if (report.is_object() && report.contains("next") && report["next"].is_number()) {
        report["next"] = report["next"].dump();
    }
}

client::Options without_thread(client::Options options) {
    options.has_thread = false;
    return options;
}

}  // namespace

BrokerLink::BrokerLink(Loop& loop, client::Options options)
    : loop_(loop), client_(without_thread(std::move(options))) {
    if (client_.fd() >= 0) {
        loop_.watch(client_.fd(), [this] { serve(); });
    }
    serve_soon();
}

BrokerLink::~BrokerLink() {
    is_over_ = true;
}

void BrokerLink::serve() {
    is_due_ = false;
    is_serving_ = true;
    const base::MonoTime next = client_.serve();
    is_serving_ = false;
    look_at_link();
    if (next >= wakes_at_) {
        return;
    }
    const base::MonoTime now = posix::read_mono();
    if (next <= now) {
        serve_soon();
    } else {
        wakes_at_ = next;
        timer_ = loop_.after(next - now, [this] {
            wakes_at_ = base::MonoTime::max();
            serve();
        });
    }
}

void BrokerLink::look_at_link() {
    if (is_connected_ != client_.is_connected()) {
        is_connected_ = !is_connected_;
        if (on_link) {
            on_link();
        }
    }
}

void BrokerLink::serve_soon() {
    if (!is_serving_ && !std::exchange(is_due_, true)) {
        loop_.later([this] { serve(); });
    }
}

// ---- what is asked ----

template <class T>
void BrokerLink::end(const Done<T>& done, base::Expected<T> answer) {
    --counts_.open;
    if (!answer && answer.error().code == base::Errc::Timeout) {
        ++counts_.timeouts;
    }
    done(std::move(answer));
}

template <class T>
std::function<void(base::Expected<T>)> BrokerLink::counted(Done<T> done) {
    ++counts_.open;
    return [this, done = std::move(done)](base::Expected<T> answer) {
        if (is_over_) {
            return;
        }
        if (is_asking_) {  // it was refused at once
            loop_.post([this, done, answer = std::move(answer)]() mutable {
                end(done, std::move(answer));
            });
        } else {
            end(done, std::move(answer));
        }
    };
}

template <class Ask>
void BrokerLink::ask_client(const Ask& ask) {
    is_asking_ = true;
    ask();
    is_asking_ = false;
    serve_soon();
}

void BrokerLink::call(std::string_view service,
                      model::Payload params,
                      model::JobOptions options,
                      base::Duration timeout,
                      Parts parts,
                      Done<client::Answer> done) {
    client::CallOptions call;
    call.timeout = timeout;
    call.options = std::move(options);
    call.on_partial = std::move(parts.on_partial);
    call.on_progress = std::move(parts.on_progress);
    ask_client([&] {
        client_.call_async(
            service, client::Params(std::move(params)), std::move(call), counted(std::move(done)));
    });
}

void BrokerLink::submit(base::Duration wait,
                        std::string_view service,
                        model::Payload params,
                        const model::JobOptions& options,
                        Done<client::Submitted> done) {
    ask_client([&] {
        client_.submit_for_async(
            wait, service, client::Params(std::move(params)), options, counted(std::move(done)));
    });
}

void BrokerLink::wait(const model::JobId& job,
                      base::Duration wait,
                      Done<std::optional<client::Answer>> done) {
    auto tell = counted(std::move(done));
    if (wait <= base::Duration::zero()) {
        ask_client([&] { client_.result_async(job, std::move(tell)); });
        return;
    }
    const auto end = [tell = std::move(tell)](base::Expected<client::Answer> answer) {
        if (!answer && answer.error().code == base::Errc::Timeout) {
            tell(std::optional<client::Answer>());
        } else {
            tell(std::move(answer).map(
                [](client::Answer&& found) { return std::optional(std::move(found)); }));
        }
    };
    ask_client([&] { client_.wait_async(job, wait, end); });
}

void BrokerLink::follow(const model::JobId& job,
                        base::Duration timeout,
                        Parts parts,
                        Done<client::Answer> done) {
    ask_client([&] {
        client_.follow_async(job,
                             timeout,
                             {std::move(parts.on_partial), std::move(parts.on_progress)},
                             counted(std::move(done)));
    });
}

void BrokerLink::ask(const client::Query& query, Done<nlohmann::json> done) {
    auto tell =
        counted<nlohmann::json>([done = std::move(done)](base::Expected<nlohmann::json> report) {
            if (report) {
                write_out_cursor(*report);
            }
            done(std::move(report));
        });
    ask_client([&] { client_.query_async(query, std::move(tell)); });
}

void BrokerLink::operate(std::string_view verb,
                         const nlohmann::json& arguments,
                         Done<nlohmann::json> done) {
    ask_client([&] { client_.operate_async(verb, arguments, counted(std::move(done))); });
}

}  // namespace steward::gateway
