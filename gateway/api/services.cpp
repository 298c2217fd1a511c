#include "gateway/api/services.hpp"

#include <utility>

#include "gateway/api/asking.hpp"
#include "gateway/api/desk.hpp"
#include "gateway/params/job_query.hpp"

namespace steward::gateway {

using base::Errc;
using nlohmann::json;

namespace {

// An array of the broker's under its name; nothing else is asked of it.
void answer_rows(Desk& desk, std::shared_ptr<Call> call, std::string_view what) {
    if (auto known = only_known(call->query, {"service"}); !known) {
        call->fail(known.error());
        return;
    }
    client::Query query;
    query.what = what;
    query.which.service = value_of(call->query, "service").value_or("");
    answer_page(desk, std::move(call), query, std::string(what));
}

}  // namespace

void list_services(Desk& desk, std::shared_ptr<Call> call) {
    answer_rows(desk, std::move(call), "services");
}

void list_workers(Desk& desk, std::shared_ptr<Call> call) {
    answer_rows(desk, std::move(call), "workers");
}

void show_service(Desk& desk, std::shared_ptr<Call> call) {
    client::Query query;
    query.what = "services";
    query.which.service = call->name(0);
    desk.broker.ask(query, [call](base::Expected<json> report) {
        if (!report) {
            call->fail(report.error());
            return;
        }
        const json rows = named_rows("services", std::move(*report))["services"];
        if (rows.empty()) {
            call->fail({Errc::UnknownService,
                        "no worker has announced \"" + call->name(0) +
                            "\" and the configuration does not name it"});
            return;
        }
        call->json(200, rows.front());
    });
}

void set_mode(Desk& desk, std::shared_ptr<Call> call) {
    auto change = object_of(call->request());
    if (!change) {
        call->fail(change.error());
        return;
    }
    (*change)["service"] = call->name(0);
    answer_operation(desk, std::move(call), "mode", {{"changes", {std::move(*change)}}});
}

void set_modes(Desk& desk, std::shared_ptr<Call> call) {
    auto changes = object_of(call->request());
    if (!changes) {
        call->fail(changes.error());
        return;
    }
    answer_operation(desk, std::move(call), "mode", std::move(*changes));
}

void purge_service(Desk& desk, std::shared_ptr<Call> call) {
    auto filter = object_of(call->request());
    if (!filter) {
        call->fail(filter.error());
        return;
    }
    (*filter)["service"] = call->name(0);
    answer_operation(desk, std::move(call), "purge", std::move(*filter));
}

void show_broker(Desk& desk, std::shared_ptr<Call> call) {
    client::Query query;
    query.what = "broker";
    answer_report(desk, std::move(call), query);
}

}  // namespace steward::gateway
