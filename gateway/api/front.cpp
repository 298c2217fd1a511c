#include "gateway/api/front.hpp"

#include <utility>

#include "gateway/api/old_door.hpp"
#include "gateway/api/router.hpp"
#include "gateway/params/target.hpp"
#include "gateway/params/trace.hpp"

namespace steward::gateway {

void Front::take(std::shared_ptr<Exchange> exchange) {
    auto call = std::make_shared<Call>(std::move(exchange));
    Request& request = call->request();
    request.id = request_id_of(request.header("X-Request-Id"), desk_.random_bytes());
    if (const auto parent = request.header("traceparent"); is_traceparent(parent)) {
        call->traceparent = parent;
    }
    route(std::move(call));
}

void Front::route(std::shared_ptr<Call> call) {
    auto segments = segments_of(call->request().path);
    if (!segments) {
        call->fail(segments.error());
        return;
    }
    Found found = find_route(all_routes(), call->request().method, *segments);
    if (found.route == nullptr && found.allowed.empty() && segments->size() == 1 &&
        segments->front() != "v1" && !segments->front().empty()) {
        call->names = std::move(*segments);
        const Method method = call->request().method;
        if (method == Method::Get || method == Method::Post) {
            answer_old_door(desk_, std::move(call));
            return;
        }
        found.allowed = "GET, POST";
    }
    if (found.route == nullptr) {
        if (found.allowed.empty()) {
            call->fail(404,
                       "there is no such path; GET /v1/openapi.json describes those there are");
        } else {
            call->headers.push_back({"Allow", found.allowed});
            call->fail(405, "this path is for " + found.allowed);
        }
        return;
    }
    auto query = parse_pairs(call->request().query, "query");
    if (!query) {
        call->fail(query.error());
        return;
    }
    call->query = std::move(*query);
    call->names = std::move(found.names);
    found.route->handle(desk_, std::move(call));
}

}  // namespace steward::gateway
