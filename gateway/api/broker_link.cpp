#include "gateway/api/broker_link.hpp"

namespace steward::gateway {

namespace {

// Where a page goes on has 64 bits, more than the numbers of scripts hold.
void write_out_cursor(nlohmann::json& report) {
    if (report.is_object() && report.contains("next") && report["next"].is_number()) {
        report["next"] = report["next"].dump();
    }
}

}  // namespace

template <class T>
std::function<void(base::Expected<T>)> BrokerLink::on_loop(Done<T> done) {
    ++counts_.open;
    return [this, done = std::move(done)](base::Expected<T> answer) {
        loop_.post([this, done, answer = std::move(answer)]() mutable {
            --counts_.open;
            if (!answer && answer.error().code == base::Errc::Timeout) {
                ++counts_.timeouts;
            }
            done(std::move(answer));
        });
    };
}

template <class T>
std::function<void(const T&)> BrokerLink::each_on_loop(const std::function<void(const T&)>& tell) {
    if (!tell) {
        return {};
    }
    return [&loop = loop_, tell](const T& said) { loop.post([tell, said] { tell(said); }); };
}

// What is begun in one turn of the loop is handed over at its end, in one piece: the client's
// thread wakes once for all of it, and not in the midst.
void BrokerLink::call(std::string_view service,
                      model::Payload params,
                      model::JobOptions options,
                      base::Duration timeout,
                      const Parts& parts,
                      Done<client::Answer> done) {
    client::CallOptions call;
    call.timeout = timeout;
    call.options = std::move(options);
    call.on_partial = each_on_loop(parts.on_partial);
    call.on_progress = each_on_loop(parts.on_progress);
    loop_.later([this,
                 service = std::string(service),
                 params = std::move(params),
                 call = std::move(call),
                 tell = on_loop(std::move(done))]() mutable {
        client_.call_async(service, client::Params(std::move(params)), std::move(call), tell);
    });
}

void BrokerLink::submit(base::Duration wait,
                        std::string_view service,
                        model::Payload params,
                        const model::JobOptions& options,
                        Done<client::Submitted> done) {
    loop_.later([this,
                 wait,
                 service = std::string(service),
                 params = std::move(params),
                 options,
                 tell = on_loop(std::move(done))]() mutable {
        client_.submit_for_async(wait, service, client::Params(std::move(params)), options, tell);
    });
}

void BrokerLink::wait(const model::JobId& job,
                      base::Duration wait,
                      Done<std::optional<client::Answer>> done) {
    auto tell = on_loop(std::move(done));
    if (wait <= base::Duration::zero()) {
        client_.result_async(job, std::move(tell));
        return;
    }
    client_.wait_async(job, wait, [tell = std::move(tell)](base::Expected<client::Answer> answer) {
        if (!answer && answer.error().code == base::Errc::Timeout) {
            tell(std::optional<client::Answer>());
        } else {
            tell(std::move(answer).map(
                [](client::Answer&& found) { return std::optional(std::move(found)); }));
        }
    });
}

void BrokerLink::follow(const model::JobId& job,
                        base::Duration timeout,
                        const Parts& parts,
                        Done<client::Answer> done) {
    client_.follow_async(job,
                         timeout,
                         {each_on_loop(parts.on_partial), each_on_loop(parts.on_progress)},
                         on_loop(std::move(done)));
}

void BrokerLink::ask(const client::Query& query, Done<nlohmann::json> done) {
    client_.query_async(
        query,
        on_loop<nlohmann::json>([done = std::move(done)](base::Expected<nlohmann::json> report) {
            if (report) {
                write_out_cursor(*report);
            }
            done(std::move(report));
        }));
}

void BrokerLink::operate(std::string_view verb,
                         const nlohmann::json& arguments,
                         Done<nlohmann::json> done) {
    client_.operate_async(verb, arguments, on_loop(std::move(done)));
}

}  // namespace steward::gateway
