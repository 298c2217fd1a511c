#include "gateway/api/visiting.hpp"

#include <utility>

#include "gateway/access/roles.hpp"
#include "gateway/api/desk.hpp"
#include "gateway/api/openapi.hpp"
#include "gateway/page/asset.hpp"

namespace steward::gateway {

using nlohmann::json;

void open_session(Desk& desk, std::shared_ptr<Call> call) {
    Response response;
    response.status = 204;
    if (desk.gatekeeper.wants_tokens()) {
        if (call->who.empty()) {
            call->fail(401, "show the token once: Authorization: Bearer SECRET");
            return;
        }
        auto cookie = desk.gatekeeper.open_session(*call);
        if (!cookie) {
            call->fail(cookie.error());
            return;
        }
        response.headers.push_back({"Set-Cookie", std::move(*cookie)});
    }
    call->answer(std::move(response));
}

void show_session(Desk& desk, std::shared_ptr<Call> call) {
    call->json(200,
               {{"name", call->who},
                {"roles", names_of_roles(call->roles)},
                {"tokens", desk.gatekeeper.wants_tokens()}});
}

void close_session(Desk& desk, std::shared_ptr<Call> call) {
    Response response;
    response.status = 204;
    response.headers.push_back({"Set-Cookie", desk.gatekeeper.close_session(*call)});
    call->answer(std::move(response));
}

void show_api(Desk& /*desk*/, std::shared_ptr<Call> call) {
    call->answer(answer_with(openapi(), call->request()));
}

void show_page(Desk& /*desk*/, std::shared_ptr<Call> call) {
    const Asset* asset = find_asset(call->request().path);
    if (asset == nullptr) {
        call->fail(404, "the dashboard has no such file");
        return;
    }
    call->kind = asset->path == "/" ? AnswerKind::Page : AnswerKind::Asset;
    call->answer(answer_with(*asset, call->request()));
}

}  // namespace steward::gateway
