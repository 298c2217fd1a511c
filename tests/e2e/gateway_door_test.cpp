// ZMWS's door: any path of one segment is a service.
#include <doctest/doctest.h>

#include "tests/e2e/gateway_house.hpp"

namespace steward::e2e {

namespace {

/// The params that a request brought to its job.
json params_of(House& house, const HttpResponse& taken) {
    INFO(taken.body);
    REQUIRE(taken.status == 202);
    const json row = house.client.get(taken.header("Location")).json();
    CHECK(row["encoding"] == "json");
    return json::parse(row["param"].get<std::string>());
}

constexpr const char* kForm = "application/x-www-form-urlencoded";

}  // namespace

TEST_CASE("The door takes params from the query, forms, parts and JSON, and hands on JSON") {
    House house;
    house.set_mode("paused");
    CheckedClient& client = house.client;
    const auto params = [&](const HttpResponse& taken) { return params_of(house, taken); };

    CHECK(params(client.get("/trial?a=1&b=x%20y&c=1&c=2&d[]=3")) ==
          json{{"a", "1"}, {"b", "x y"}, {"c", {"1", "2"}}, {"d", {"3"}}});
    CHECK(params(client.post("/trial?a=1", "a=2&b=%C3%A4+b", kForm)) ==
          json{{"a", "1"}, {"b", "ä b"}});
    CHECK(params(client.post("/trial", R"({"n":12345678901234567890})", "application/json")) ==
          json{{"n", 12345678901234567890U}});
    CHECK(params(client.post("/trial", R"([1,2])", kForm)) == json{1, 2});
    const std::string parts =
        "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n"
        "--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"p.txt\"\r\n"
        "Content-Type: text/plain\r\n\r\nhello\r\n--x--\r\n";
    CHECK(
        params(client.post("/trial", parts, "multipart/form-data; boundary=x")) ==
        json{{"a", "one"},
             {"f", {{"filename", "p.txt"}, {"content_type", "text/plain"}, {"content", "hello"}}}});

    const HttpResponse late = client.get("/trial?a=1&option.delay=1h");
    CHECK(params(late) == json{{"a", "1"}});
    CHECK(client.get(late.header("Location")).json()["state"] == "scheduled");
    CHECK(client.post("/trial?a=1", "[1]", "application/json").status == 400);
    CHECK(client.get("/trial?a=%zz").status == 400);
    CHECK(client.get("/trial?option.nonsense=1").status == 400);
    CHECK(client.post("/trial", parts.substr(0, 100), "multipart/form-data; boundary=x").status ==
          400);
}

TEST_CASE("A call's result is told for what it is, and a failure as one") {
    House house;
    CheckedClient& client = house.client;
    const json told = client.get("/SYNC-reverse?str=FNF").json();
    CHECK(told["result"] == "FNF");
    CHECK(told["state"] == "succeeded");
    CHECK(told["service"] == "reverse");
    CHECK(client.post("/SYNC-reverse", "str=abc", kForm).json()["result"] == "cba");

    const HttpResponse failed =
        client.post("/SYNC-trial", json{{"outcome", "fail"}, {"why", "no luck"}});
    CHECK(failed.status == 502);
    CHECK(failed.json()["detail"] == "no luck");
    CHECK(code_of(client.get("/nobody?a=1")) == "UnknownService");
    CHECK(code_of(client.get("/SYNC-nobody")) == "UnknownService");
    CHECK(client.get("/SERVER-NONSENSE").status == 404);
}

TEST_CASE("JSONP calls the function that was named, with problems as well") {
    House house;
    CheckedClient& client = house.client;
    const HttpResponse script = client.get("/SYNC-reverse?str=abc&jsonp=app.done");
    CHECK(script.content_type() == "application/javascript");
    CHECK(script.body.starts_with("/**/app.done({"));
    CHECK(script.body.ends_with("});"));
    CHECK(script.body.find("\"cba\"") != std::string::npos);
    const HttpResponse failed = client.get("/SYNC-nobody?jsonp=cb");
    CHECK(failed.status == 200);
    CHECK(failed.body.find("\"status\":404") != std::string::npos);
    CHECK(client.get("/reverse?jsonp=cb").body.starts_with("/**/cb({\"job\":"));
    CHECK(client.get("/SERVER-WORKERS?jsonp=cb").body.starts_with("/**/cb(["));
    CHECK(client.get("/SYNC-reverse?str=abc&jsonp=alert(1)").status == 400);
}

TEST_CASE("What browsers ask for by themselves is no job, nor are HEAD and OPTIONS") {
    House house;
    HttpClient plain = house.gateway.client();
    const auto accepted = [&] { return house.client.get("/v1/broker").json()["accepted"]; };
    const json before = accepted();
    for (const char* path : {"/favicon.ico", "/robots.txt", "/apple-touch-icon.png"}) {
        CHECK(house.client.get(path).status == 404);
    }
    const HttpResponse head = plain.send({"HEAD", "/reverse?str=abc"});
    CHECK(head.status == 405);
    CHECK(head.header("Allow") == "GET, POST");
    const HttpResponse options = plain.send({"OPTIONS", "/reverse"});
    CHECK(options.status == 204);
    CHECK(options.header("Allow") == "GET, POST, OPTIONS");
    CHECK(plain.send({"DELETE", "/reverse"}).status == 405);
    CHECK(plain.get("/two/segments").status == 404);
    CHECK(plain.connections() == 1);
    CHECK(accepted() == before);
}

}  // namespace steward::e2e
