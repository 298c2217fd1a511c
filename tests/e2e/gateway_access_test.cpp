// tests/e2e: who may do what at a real gateway: tokens, roles, sessions, origins, TLS.
#include <csignal>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "tests/e2e/harness/certificate.hpp"
#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/gateway.hpp"
#include "tests/e2e/harness/wait_until.hpp"
#include "tests/e2e/harness/web_socket.hpp"

namespace steward::e2e {
namespace {

// The SHA-256 of "reading", "submitting" and "operating".
const std::string kTokens = R"(
[[token]]
name = "reader"
roles = ["read"]
sha256 = "d70afca615203838da3d858e60dda12f900e83e4a6fb03a63cfadb8576ca8985"
[[token]]
name = "submitter"
roles = ["submit"]
sha256 = "d4df985a9f5837b32e9f89d88c9be57c8e78c87cc7c9c8aae8409c16d06216aa"
[[token]]
name = "operator"
roles = ["read", "submit", "operate"]
sha256 = "6f49db6846664c1e7f50e0ec19a23795c64bbb0a373989b63d0ba6ca2f2f2d8f"
)";

CommandLine command(const std::string& program, std::vector<std::string> args) {
    return {program, std::move(args), {}, {}};
}

HttpHeaders bearer(const std::string& secret) {
    return {{"Authorization", "Bearer " + secret}};
}

int status(HttpClient& client,
           const std::string& method,
           const std::string& target,
           const HttpHeaders& headers) {
    HttpRequest request{method, target, headers};
    if (method == "POST" || method == "PUT") {
        request.headers.emplace_back("Content-Type", "application/json");
        request.body = "{}";
    }
    return client.send(request).status;
}

TEST_CASE("without a token nothing is told and nothing is done; with one what its roles allow") {
    Desk desk;
    desk.start_worker("steward-worker-log", "LOG");
    const Gateway gateway(desk.broker(), {.tokens = kTokens});
    HttpClient client = gateway.client();
    for (const char* open : {"/", "/healthz", "/readyz", "/v1/session", "/v1/openapi.json"}) {
        INFO(open);
        CHECK(client.get(open).status == 200);
    }
    const HttpResponse refused = client.get("/v1/services");
    CHECK(refused.status == 401);
    CHECK(has(refused.header("WWW-Authenticate"), "Bearer"));
    for (const char* closed : {"/metrics", "/v1/jobs", "/v1/events", "/LOG", "/SERVER-STATUS"}) {
        INFO(closed);
        CHECK(client.get(closed).status == 401);
        CHECK(client.get(closed, bearer("guessed")).status == 401);
    }

    CHECK(status(client, "GET", "/v1/services", bearer("reading")) == 200);
    CHECK(status(client, "POST", "/v1/services/LOG/jobs", bearer("reading")) == 403);
    CHECK(status(client, "POST", "/v1/services/LOG/jobs", bearer("submitting")) == 202);
    CHECK(status(client, "GET", "/v1/services", bearer("submitting")) == 403);
    CHECK(status(client, "POST", "/v1/jobs/cancel", bearer("submitting")) == 403);
    CHECK(status(client, "PUT", "/v1/services/LOG/mode", bearer("reading")) == 403);
    CHECK(client.get("/v1/session", bearer("operating")).json() ==
          nlohmann::json{
              {"name", "operator"}, {"roles", {"read", "submit", "operate"}}, {"tokens", true}});
    const HttpResponse forbidden =
        client.post("/v1/jobs/cancel", "{}", "application/json", bearer("reading"));
    CHECK(has(forbidden.body, "operate"));
    CHECK(has(forbidden.body, "reader"));
}

TEST_CASE("the access log says with which token what was tried, and how it went") {
    Broker broker;
    Gateway gateway(broker, {.tokens = kTokens});
    HttpClient client = gateway.client();
    CHECK(status(client, "GET", "/v1/services", {}) == 401);
    CHECK(status(client, "POST", "/v1/services/LOG/jobs", bearer("reading")) == 403);
    CHECK(status(client, "GET", "/v1/services", bearer("submitting")) == 403);
    const auto logged = [&](const std::string& what) {
        return gateway.process().wait_for_line(what).value_or("");
    };
    CHECK_FALSE(has(logged("method=GET path=/v1/services status=401"), "token"));
    CHECK(has(logged("method=POST path=/v1/services/LOG/jobs status=403"), " token=reader"));
    CHECK(has(logged("method=GET path=/v1/services status=403"), " token=submitter"));
    CHECK_FALSE(has(gateway.process().standard_error(), "submitting"));
}

TEST_CASE("the access log has each request under its id, however many come") {
    Broker broker;
    Gateway gateway(broker);
    HttpClient client = gateway.client();
    for (int i = 0; i < 300; ++i) {
        CHECK(
            client.get("/healthz", {{"X-Request-Id", "probe-" + std::to_string(i) + "."}}).status ==
            200);
    }
    REQUIRE(gateway.process().wait_for_line("id=probe-299."));
    const std::string log = gateway.process().standard_error();
    for (int i = 0; i < 300; ++i) {
        CHECK(has(log, "id=probe-" + std::to_string(i) + "."));
    }
}

TEST_CASE("a browser shows its token once; the cookie opens what the token opens, until it ends") {
    Broker broker;
    const Gateway gateway(broker, {.tokens = kTokens});
    HttpClient client = gateway.client();
    CHECK(client.post("/v1/session").status == 401);
    const HttpResponse opened = client.send({"POST", "/v1/session", bearer("reading")});
    REQUIRE(opened.status == 204);
    const std::string set = opened.header("Set-Cookie");
    CHECK(has_all(set, {"HttpOnly", "SameSite=Strict"}));
    CHECK_FALSE(has(set, "reading"));
    const HttpHeaders cookie = {{"Cookie", set.substr(0, set.find(';'))}};
    CHECK(client.get("/v1/services", cookie).status == 200);

    WebSocket socket(gateway.port(), "/v1/ws", cookie);
    REQUIRE(socket.head().status == 101);
    socket.send(nlohmann::json{{"id", 1}, {"do", "operate"}, {"verb", "cancel"}});
    CHECK(socket.next_json()["error"]["status"] == 403);
    CHECK(WebSocket(gateway.port(), "/v1/ws").head().status == 401);

    CHECK(client.send({"DELETE", "/v1/session", cookie}).status == 204);
    CHECK(client.get("/v1/services", cookie).status == 401);
}

TEST_CASE("tokens are read again on SIGHUP; a file that others may read is refused") {
    Broker broker;
    Gateway gateway(broker, {.tokens = kTokens});
    HttpClient client = gateway.client();
    CHECK(client.get("/v1/services", bearer("reading")).status == 200);
    WebSocket gone(gateway.port(), "/v1/ws", bearer("reading"));
    WebSocket stays(gateway.port(), "/v1/ws", bearer("operating"));
    const nlohmann::json question = {{"id", 1}, {"do", "query"}, {"what", "services"}};
    for (WebSocket* socket : {&gone, &stays}) {
        REQUIRE(socket->send(question));
        CHECK(socket->next_json().contains("ok"));
    }
    gateway.write_tokens(kTokens.substr(kTokens.find("[[token]]", 20)));
    gateway.process().signal(SIGHUP);
    REQUIRE(gateway.process().wait_for_line("reloaded"));
    CHECK(client.get("/v1/services", bearer("reading")).status == 401);
    CHECK(client.get("/v1/services", bearer("operating")).status == 200);
    static_cast<void>(gone.send(question));
    CHECK_FALSE(gone.next().has_value());
    REQUIRE(stays.send(question));
    CHECK(stays.next_json().contains("ok"));

    namespace fs = std::filesystem;
    fs::permissions(gateway.tokens_file(), fs::perms::group_read | fs::perms::owner_read);
    gateway.process().signal(SIGHUP);
    REQUIRE(gateway.process().wait_for_line("tokens_refused"));
    CHECK(client.get("/v1/services", bearer("operating")).status == 200);
}

TEST_CASE("a page of another site gets nothing, unless it is allowed by name") {
    Broker broker;
    const Gateway gateway(broker, {.config = "allowed_origins = [\"https://app.example\"]\n"});
    HttpClient client = gateway.client();
    CHECK(client.get("/v1/services", {{"Origin", "https://evil.example"}}).status == 403);
    CHECK(client.get("/NOBODY", {{"Sec-Fetch-Site", "cross-site"}}).status == 403);
    CHECK(client.get("/v1/services", {{"Host", "evil.example"}}).status == 403);
    CHECK(WebSocket(gateway.port(), "/v1/ws", {{"Origin", "https://evil.example"}}).head().status ==
          403);
    const HttpResponse allowed = client.get("/v1/services", {{"Origin", "https://app.example"}});
    CHECK(allowed.status == 200);
    CHECK(allowed.header("Access-Control-Allow-Origin") == "https://app.example");
    const HttpResponse preflight = client.send(
        {"OPTIONS",
         "/v1/services/X/jobs",
         {{"Origin", "https://app.example"}, {"Access-Control-Request-Method", "POST"}}});
    CHECK(preflight.status == 204);
    CHECK(has(preflight.header("Access-Control-Allow-Methods"), "POST"));
}

TEST_CASE("what others could reach is not opened without tokens, unless that is said") {
    const CommandLine open =
        command(built_program("steward-gateway"), {"--bind", "0.0.0.0", "--port", "0"});
    const Finished refused = run(open);
    CHECK(refused.code == 2);
    CHECK(has_all(refused.err, {"gateway.bind", "gateway.tokens_file", "open_to_network"}));
    const Finished taken = run(command(built_program("steward-gateway"), {"--bind", "nowhere"}));
    CHECK(taken.code != 0);
    CHECK(has(taken.err, "gateway.bind"));
}

TEST_CASE("with a certificate it speaks HTTPS, and says so to browsers") {
    Broker broker;
    SecureGateway gateway(broker);
    const std::string& certificate = gateway.certificate.file;
    const std::string& url = gateway.url;
    const Finished trusted =
        run(command("/usr/bin/curl", {"-si", "--cacert", certificate, url + "/healthz"}));
    CHECK(trusted.code == 0);
    CHECK(has(trusted.out, "Strict-Transport-Security"));
    CHECK(run(command("/usr/bin/curl", {"-s", url + "/healthz"})).code != 0);
    const Finished old = run(command(
        "/usr/bin/curl", {"-s", "--tls-max", "1.1", "--cacert", certificate, url + "/healthz"}));
    CHECK(old.code != 0);
    gateway.process.signal(SIGTERM);
    CHECK(gateway.process.wait() == 0);
}

}  // namespace
}  // namespace steward::e2e
