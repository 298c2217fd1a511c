#include "gateway/api/old_door.hpp"

#include <array>
#include <string>
#include <utility>

#include "common/wire/json_text.hpp"
#include "gateway/access/admission.hpp"
#include "gateway/api/asking.hpp"
#include "gateway/api/desk.hpp"
#include "gateway/params/job_query.hpp"
#include "gateway/params/jsonp.hpp"
#include "gateway/params/request_params.hpp"
#include "gateway/params/trace.hpp"

namespace steward::gateway {

using base::Errc;
using nlohmann::json;

namespace {

constexpr std::string_view kSync = "SYNC-";
constexpr std::string_view kServer = "SERVER-";

struct Listing {
    std::string_view name;
    std::string_view what;
};

constexpr std::array<Listing, 5> kListings = {{{"JOBS", "jobs"},
                                               {"ACTIVE", "active"},
                                               {"HIST", "hist"},
                                               {"WORKERS", "workers"},
                                               {"STATUS", "broker"}}};

bool is_browsers_wish(std::string_view name) {
    return name == "favicon.ico" || name == "robots.txt" || name.starts_with("apple-touch-icon") ||
           name.starts_with(".");
}

// As JSON, or as a script that calls the function of this name with it. A script runs only if it is
// a success to the browser: what went wrong is in the object.
void tell(Call& call, const std::optional<std::string>& jsonp, Response&& response) {
    if (!jsonp) {
        call.answer(std::move(response));
        return;
    }
    const std::string_view text = response.body.view();
    response.body =
        base::Blob::copy(jsonp_text(*jsonp, text.substr(0, text.find_last_not_of('\n') + 1)));
    response.content_type = "application/javascript; charset=utf-8";
    call.kind = AnswerKind::Script;
    response.status = 200;
    call.answer(std::move(response));
}

void tell_listing(Desk& desk,
                  const std::shared_ptr<Call>& call,
                  const DoorQuery& query,
                  std::string_view name) {
    for (const Listing& listing : kListings) {
        if (name != listing.name) {
            continue;
        }
        client::Query question;
        question.what = listing.what;
        desk.broker.ask(question, [call, jsonp = query.jsonp](base::Expected<json> report) {
            tell(*call, jsonp, report ? json_reply(200, *report) : problem(report.error()));
        });
        return;
    }
    tell(*call,
         query.jsonp,
         problem(404, "there are SERVER-JOBS, -ACTIVE, -HIST, -WORKERS and -STATUS"));
}

// By hand, for nothing is asked for more often.
Response call_reply(std::string_view service, const client::Answer& answer) {
    const std::string result = payload_json_text(answer.payload());
    std::string text;
    text.reserve(128 + result.size() + service.size());
    text.append("{\"job\":\"").append(answer.job().text()).append("\",\"result\":");
    text.append(result).append(",\"service\":");
    wire::append_json_string(text, service);
    text += ",\"state\":\"succeeded\"}\n";
    Response response;
    response.content_type = "application/json";
    response.body = base::Blob::copy(text);
    return response;
}

void run_call(Desk& desk,
              const std::shared_ptr<Call>& call,
              DoorQuery&& query,
              const std::string& service,
              model::Payload params) {
    desk.broker.call(
        service,
        std::move(params),
        std::move(query.options),
        desk.options.call_timeout,
        {},
        [call, jsonp = query.jsonp, service](const base::Expected<client::Answer>& answer) {
            if (!answer) {
                tell(*call, jsonp, problem(answer.error()));
                return;
            }
            tell(*call, jsonp, call_reply(service, *answer));
        });
}

void submit_job(Desk& desk,
                const std::shared_ptr<Call>& call,
                const DoorQuery& query,
                const std::string& service,
                model::Payload params) {
    desk.broker.submit(
        {},
        service,
        std::move(params),
        query.options,
        [call, jsonp = query.jsonp, service](const base::Expected<client::Submitted>& submitted) {
            if (!submitted) {
                tell(*call, jsonp, problem(submitted.error()));
                return;
            }
            Response response =
                json_reply(202, {{"job", submitted->job.text()}, {"service", service}});
            response.headers.push_back({"Location", "/v1/jobs/" + submitted->job.text()});
            tell(*call, jsonp, std::move(response));
        });
}

}  // namespace

Role old_door_role(std::string_view name) {
    return name.starts_with(kServer) ? kRead : kSubmit;
}

void answer_old_door(Desk& desk, std::shared_ptr<Call> call) {
    const std::string& name = call->name(0);
    if (is_browsers_wish(name)) {
        call->fail(404, "there is no such file");
        return;
    }
    auto query = door_query_of(call->request().query);
    if (!query) {
        call->fail(query.error());
        return;
    }
    if (name.starts_with(kServer)) {
        tell_listing(desk, call, *query, std::string_view(name).substr(kServer.size()));
        return;
    }
    auto params = door_params_of(call->request(), query->params);
    auto meta = with_trace(query->options.meta, {call->request().id, call->traceparent, {}});
    if (!params || !meta) {
        tell(*call, query->jsonp, problem(params ? meta.error() : params.error()));
        return;
    }
    query->options.meta = std::move(*meta);
    const bool is_sync = name.starts_with(kSync);
    const std::string service = is_sync ? name.substr(kSync.size()) : name;
    if (const auto admitted = admit(call->roles, call->grants, call->who, service, query->options);
        !admitted) {
        tell(*call, query->jsonp, problem(admitted.error()));
        return;
    }
    if (is_sync) {
        run_call(desk, call, std::move(*query), service, std::move(*params));
    } else {
        submit_job(desk, call, *query, service, std::move(*params));
    }
}

}  // namespace steward::gateway
