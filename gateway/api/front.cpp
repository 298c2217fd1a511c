#include "gateway/api/front.hpp"

#include <utility>

#include "gateway/api/old_door.hpp"
#include "gateway/api/router.hpp"
#include "gateway/params/target.hpp"
#include "gateway/params/trace.hpp"

namespace steward::gateway {

namespace {

void answer_options(Call& call, const std::string& allowed) {
    Response response;
    response.status = 204;
    response.headers.push_back({"Allow", (allowed.empty() ? "GET, POST" : allowed) + ", OPTIONS"});
    call.answer(std::move(response));
}

}  // namespace

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
    if (call->request().path == "*" && call->request().method == Method::Options) {
        answer_options(*call, "GET, HEAD, POST, PUT, PATCH, DELETE");  // of the server as a whole
        return;
    }
    auto segments = segments_of(call->request().path);
    if (!segments) {
        call->fail(segments.error());
        return;
    }
    const Method method = call->request().method;
    Found found = find_route(all_routes(), method, *segments);
    // A preflight asks for what comes after it: the origin alone decides.
    if (method == Method::Options && desk_.gatekeeper.lets_in(*call, 0, Exposure::Guarded)) {
        answer_options(*call, found.allowed);
    } else if (found.route != nullptr) {
        serve(std::move(call), found);
    } else if (method != Method::Options && !found.allowed.empty()) {
        call->headers.push_back({"Allow", found.allowed});
        call->fail(405, "this path is for " + found.allowed);
    } else if (method != Method::Options) {
        serve_old_door(std::move(call), std::move(*segments));
    }
}

void Front::serve(std::shared_ptr<Call> call, Found& found) {
    auto query = parse_pairs(call->request().query, "query");
    if (!query) {
        call->fail(query.error());
        return;
    }
    call->query = std::move(*query);
    call->names = std::move(found.names);
    if (desk_.gatekeeper.lets_in(*call, found.route->roles, found.route->exposure)) {
        found.route->handle(desk_, std::move(call));
    }
}

// Whatever else has one segment is the name of a service.
void Front::serve_old_door(std::shared_ptr<Call> call, std::vector<std::string> segments) {
    const Method method = call->request().method;
    if (segments.size() != 1 || segments.front().empty() || segments.front() == "v1") {
        call->fail(404, "there is no such path; GET /v1/openapi.json describes those there are");
    } else if (method != Method::Get && method != Method::Post) {
        call->headers.push_back({"Allow", "GET, POST"});
        call->fail(405, "this path is for GET, POST");
    } else if (desk_.gatekeeper.lets_in(
                   *call, old_door_role(segments.front()), Exposure::Guarded)) {
        call->names = std::move(segments);
        answer_old_door(desk_, std::move(call));
    }
}

}  // namespace steward::gateway
