// gateway/api: groups, limits, schedules and batches.
#include <string>
#include <utility>

#include "client/batch.hpp"
#include "common/wire/params.hpp"
#include "gateway/access/admission.hpp"
#include "gateway/api/asking.hpp"
#include "gateway/api/desk.hpp"
#include "gateway/api/services.hpp"

namespace steward::gateway {

using base::Errc;
using nlohmann::json;

namespace {

void answer_listing(Desk& desk, std::shared_ptr<Call> call, std::string_view what) {
    const auto query = listing_of(what, call->query);
    if (!query) {
        call->fail(query.error());
        return;
    }
    answer_page(desk, std::move(call), *query, std::string(what));
}

// The body with the path's name in it, under the name that the operation has for it.
void answer_change(Desk& desk, std::shared_ptr<Call> call, std::string verb, const char* name) {
    auto arguments = object_of(call->request());
    if (!arguments) {
        call->fail(arguments.error());
        return;
    }
    (*arguments)[name] = call->name(0);
    answer_operation(desk, std::move(call), std::move(verb), std::move(*arguments));
}

void answer_removal(Desk& desk, std::shared_ptr<Call> call, std::string verb, const char* name) {
    json arguments = {{name, call->name(0)}};
    answer_operation(desk, std::move(call), std::move(verb), std::move(arguments));
}

// What is to follow a batch is a job like any other.
base::Expected<void> admit_then(const Call& call, json& arguments) {
    const auto then = arguments.find("then");
    if (call.grants == nullptr || then == arguments.end() || !then->is_object()) {
        return {};
    }
    const auto options = wire::parse_options(then->value("options", json::object()));
    if (!options) {
        return base::Unexpected(options.error());
    }
    const json service = then->value("service", json());
    model::JobOptions bound = *options;
    auto admitted = admit(call.roles,
                          call.grants,
                          call.who,
                          service.is_string() ? service.get<std::string>() : std::string(),
                          bound);
    if (admitted && bound != *options) {
        return base::fail(base::Errc::Forbidden,
                          "the token \"" + call.who +
                              "\" is bound: the job that follows a batch names its channel, group "
                              "and priority");
    }
    return admitted;
}

}  // namespace

void list_groups(Desk& desk, std::shared_ptr<Call> call) {
    answer_listing(desk, std::move(call), "groups");
}

void set_group(Desk& desk, std::shared_ptr<Call> call) {
    answer_change(desk, std::move(call), "group-set", "group");
}

void list_limits(Desk& desk, std::shared_ptr<Call> call) {
    answer_listing(desk, std::move(call), "limits");
}

void set_limit(Desk& desk, std::shared_ptr<Call> call) {
    answer_change(desk, std::move(call), "limit-set", "limit");
}

void remove_limit(Desk& desk, std::shared_ptr<Call> call) {
    answer_removal(desk, std::move(call), "limit-remove", "limit");
}

void list_schedules(Desk& desk, std::shared_ptr<Call> call) {
    answer_listing(desk, std::move(call), "schedules");
}

void set_schedule(Desk& desk, std::shared_ptr<Call> call) {
    answer_change(desk, std::move(call), "schedule-set", "schedule");
}

void remove_schedule(Desk& desk, std::shared_ptr<Call> call) {
    answer_removal(desk, std::move(call), "schedule-remove", "schedule");
}

void list_batches(Desk& desk, std::shared_ptr<Call> call) {
    answer_listing(desk, std::move(call), "batches");
}

// Its name is made here: nobody else makes the same.
void open_batch(Desk& desk, std::shared_ptr<Call> call) {
    auto arguments = object_of(call->request());
    const auto name = client::new_batch_name();
    if (!arguments || !name) {
        call->fail(arguments ? name.error() : arguments.error());
        return;
    }
    if (auto admitted = admit_then(*call, *arguments); !admitted) {
        call->fail(admitted.error());
        return;
    }
    (*arguments)["batch"] = *name;
    desk.broker.operate(
        "batch-open", *arguments, [call, name = *name](const base::Expected<json>& report) {
            if (!report) {
                call->fail(report.error());
                return;
            }
            call->json(201, {{"batch", name}});
        });
}

void close_batch(Desk& desk, std::shared_ptr<Call> call) {
    answer_removal(desk, std::move(call), "batch-close", "batch");
}

}  // namespace steward::gateway
