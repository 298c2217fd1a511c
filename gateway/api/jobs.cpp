// gateway/api: jobs that exist: looked at, waited for, changed.
#include "gateway/api/jobs.hpp"

#include "gateway/api/asking.hpp"
#include "gateway/api/desk.hpp"
#include "gateway/params/job_query.hpp"

namespace steward::gateway {

using base::Errc;
using nlohmann::json;

namespace {

// The id in the path, or an answer that says what is wrong with it.
std::optional<model::JobId> id_or_fail(Call& call) {
    auto id = id_of(call.name(0));
    if (!id) {
        call.fail(id.error());
        return std::nullopt;
    }
    return *id;
}

void ask_of_job(Desk& desk, std::shared_ptr<Call> call, std::string_view what) {
    if (const auto id = id_or_fail(*call)) {
        client::Query query;
        query.what = what;
        query.which.jobs = {*id};
        answer_report(desk, std::move(call), query);
    }
}

void change_job(Desk& desk, std::shared_ptr<Call> call, const char* verb) {
    if (const auto id = id_or_fail(*call)) {
        answer_operation(desk, std::move(call), verb, {{"jobs", {id->text()}}});
    }
}

void change_jobs(Desk& desk, std::shared_ptr<Call> call, const char* verb) {
    auto filter = object_of(call->request());
    if (!filter) {
        call->fail(filter.error());
        return;
    }
    answer_operation(desk, std::move(call), verb, std::move(*filter));
}

void tell_state(Desk& desk, std::shared_ptr<Call> call, const model::JobId& id) {
    client::Query query;
    query.what = "status";
    query.which.jobs = {id};
    desk.broker.ask(query, [call = std::move(call), id](base::Expected<json> report) {
        if (!report) {
            call->fail(report.error());
            return;
        }
        call->json(202, {{"job", id.text()}, {"state", report->value("state", "")}});
    });
}

}  // namespace

void list_jobs(Desk& desk, std::shared_ptr<Call> call) {
    const auto query = listing_of("list", call->query);
    if (!query) {
        call->fail(query.error());
        return;
    }
    answer_page(desk, std::move(call), *query, "jobs");
}

void show_job(Desk& desk, std::shared_ptr<Call> call) {
    ask_of_job(desk, std::move(call), "status");
}

void explain_job(Desk& desk, std::shared_ptr<Call> call) {
    ask_of_job(desk, std::move(call), "why");
}

void show_result(Desk& desk, std::shared_ptr<Call> call) {
    const auto id = id_or_fail(*call);
    if (!id) {
        return;
    }
    if (auto known = only_known(call->query, {"wait"}); !known) {
        call->fail(known.error());
        return;
    }
    const auto wait = wait_of("wait", value_of(call->query, "wait").value_or("0"));
    if (!wait) {
        call->fail(wait.error());
        return;
    }
    desk.broker.wait(
        *id, *wait, [&desk, call, id = *id](base::Expected<std::optional<client::Answer>> answer) {
            if (!answer) {
                call->fail(answer.error());
            } else if (*answer) {
                call->answer(result_reply(**answer, call->request().header("Accept")));
            } else {
                tell_state(desk, call, id);
            }
        });
}

void cancel_job(Desk& desk, std::shared_ptr<Call> call) {
    change_job(desk, std::move(call), "cancel");
}

void retry_job(Desk& desk, std::shared_ptr<Call> call) {
    change_job(desk, std::move(call), "retry");
}

void discard_job(Desk& desk, std::shared_ptr<Call> call) {
    change_job(desk, std::move(call), "discard");
}

void edit_job(Desk& desk, std::shared_ptr<Call> call) {
    const auto id = id_or_fail(*call);
    if (!id) {
        return;
    }
    auto edit = object_of(call->request());
    if (!edit) {
        call->fail(edit.error());
        return;
    }
    (*edit)["job"] = id->text();
    answer_operation(desk, std::move(call), "edit", std::move(*edit));
}

void cancel_jobs(Desk& desk, std::shared_ptr<Call> call) {
    change_jobs(desk, std::move(call), "cancel");
}

void retry_jobs(Desk& desk, std::shared_ptr<Call> call) {
    change_jobs(desk, std::move(call), "retry");
}

void discard_jobs(Desk& desk, std::shared_ptr<Call> call) {
    change_jobs(desk, std::move(call), "discard");
}

}  // namespace steward::gateway
