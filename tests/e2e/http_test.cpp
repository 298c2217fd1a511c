// tests/e2e: steward-worker-http and a receiver in another language: what is posted, what answers
// mean, TLS and signatures.
#include <csignal>
#include <filesystem>

#include <doctest/doctest.h>

#include "tests/e2e/harness/certificate.hpp"
#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/languages.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

using nlohmann::json;

namespace {

constexpr const char* kHttpProgram = "steward-worker-http";
constexpr const char* kSecretLine = "a secret of the tests, 24+\n";  // what receiver.py knows

struct Posts : Desk {
    explicit Posts(Args tls = {}) : Desk({}, kLongGrace) {
        tls.insert(tls.begin(), std::string(STEWARD_HARNESS_DIR) + "/receiver.py");
        receiver = std::make_unique<Process>(CommandLine{kPython, tls, {}, {}});
        const auto line = receiver->wait_for_line("listening ");
        REQUIRE(line.has_value());
        port = line->substr(line->find(' ') + 1);
    }

    Process& serve(const std::string& service, Args options, const std::string& scheme = "http") {
        options.insert(options.begin(), {"--url", scheme + "://localhost:" + port + "/hook?to=x"});
        return start_worker(kHttpProgram, service, options);
    }

    [[nodiscard]] std::string failure(const json& order,
                                      const std::string& service = "post") const {
        const Finished done = run({"call", service, order.dump()});
        CHECK(done.code == kJobFailed);
        return done.err;
    }

    [[nodiscard]] json result(const json& order, const std::string& service = "post") const {
        return ask({"call", service, order.dump()})["result"];
    }

    /// The requests that came, in order.
    [[nodiscard]] std::vector<json> requests() const {
        std::vector<json> all;
        for (const std::string& line : lines_of(receiver->standard_output())) {
            json request = json::parse(line, nullptr, false);
            if (request.is_object()) {
                all.push_back(std::move(request));
            }
        }
        return all;
    }

    std::unique_ptr<Process> receiver;
    std::string port;
};

void make_certificate(const TempDirectory& folder,
                      const std::string& file,
                      const std::string& name) {
    const std::string base = (folder.path() / file).string();
    e2e::make_certificate(name, base + ".pem", base + ".key");
}

std::string secret_file(const TempDirectory& folder) {
    const std::string path = folder.write("secret", std::string("# in use\n") + kSecretLine);
    std::filesystem::permissions(path, std::filesystem::perms::owner_read);
    return path;
}

}  // namespace

TEST_CASE("A job is posted with what it is, and the body that comes back is its result") {
    Posts p;
    p.serve("post", {});
    CHECK(p.result({{"type", "application/json; charset=utf-8"}, {"body", "[1,{}]"}}) ==
          json::parse("[1,{}]"));
    CHECK(p.result({{"type", "text/plain"}, {"body", "done"}}) == "done");
    CHECK(p.result({{"status", 204}}).is_null());
    const std::string id =
        p.submit("post",
                 {{"type", "application/problem+json"}, {"body", "7"}},
                 {"--context", "Bestellung ü", "--meta", "traceparent=00-1-2-3"});
    REQUIRE(p.reaches(id, "succeeded"));
    CHECK(p.ask({"result", id})["result"] == 7);
    const json request = p.requests().back();
    CHECK(request["path"] == "/hook?to=x");
    CHECK(json::parse(request["body"].get<std::string>())["body"] == "7");
    const json& headers = request["headers"];
    CHECK(headers["host"] == "localhost:" + p.port);
    CHECK(headers["content-type"] == "application/json");
    CHECK(headers["steward-job-id"] == id);
    CHECK(headers["steward-attempt"] == "1");
    CHECK(headers["steward-service"] == "post");
    CHECK(headers["steward-context"] == "Bestellung%20%C3%BC");
    CHECK(headers["steward-meta"] == R"({"traceparent":"00-1-2-3"})");
    CHECK(headers["traceparent"] == "00-1-2-3");
    CHECK(headers["webhook-id"] == id);
    CHECK_FALSE(headers.contains("webhook-signature"));
}

TEST_CASE("A connection is kept, and one that was closed meanwhile is made anew") {
    Posts p;
    p.serve("post", {});
    for (int i = 0; i < 3; ++i) {
        CHECK(p.result({{"type", "text/plain"}, {"body", "ok"}}) == "ok");
    }
    CHECK(p.result({{"type", "text/plain"}, {"body", "last"}, {"close", true}}) == "last");
    CHECK(p.result({{"type", "text/plain"}, {"body", "ok"}}) == "ok");
    const auto requests = p.requests();
    REQUIRE(requests.size() == 5);
    CHECK(requests[0]["connection"] == requests[3]["connection"]);
    CHECK(requests[4]["connection"] != requests[0]["connection"]);
}

TEST_CASE("The status decides: 2xx done, 429 and 5xx again, 4xx never again") {
    Posts p;
    p.serve("post", {"--snooze-max", "100ms", "--response-max", "64KiB"});
    CHECK(has(p.failure({{"status", 503}, {"type", "text/plain"}, {"body", "too busy"}}),
              "answered 503 Service Unavailable: too busy"));
    CHECK(has(p.failure({{"status", 302}, {"headers", {{"Location", "https://there/"}}}}),
              "redirects are not followed, here to https://there/"));
    CHECK(has(p.failure({{"type", "application/json"}, {"body", "{"}}), "no application/json"));
    CHECK(has(p.failure({{"size", 100'000}}), "larger than --response-max of 64KiB"));

    const std::string rejected = p.submit("post", {{"status", 422}}, {"--max-attempts", "5"});
    REQUIRE(p.reaches(rejected, "dead"));
    CHECK(p.ask({"status", rejected})["attempt"] == 1);
    const std::string again =
        p.submit("post", {{"status", 500}}, {"--max-attempts", "2", "--backoff", "50ms"});
    REQUIRE(p.reaches(again, "dead"));
    CHECK(p.ask({"status", again})["attempt"] == 2);
    const std::string snoozed = p.submit(
        "post", {{"status", 429}, {"headers", {{"Retry-After", "3600"}}}}, {"--max-attempts", "1"});
    CHECK(wait_until([&] {
        std::size_t times = 0;
        for (const json& request : p.requests()) {
            times += request["headers"]["steward-job-id"] == snoozed ? 1U : 0U;
        }
        return times >= 3;
    }));
    p.say({"cancel", snoozed});
}

TEST_CASE("A receiver that hangs is given up: by the time-out, by the job's limit, by a cancel") {
    Posts p;
    p.serve("post", {"--timeout", "300ms"});
    Process& patient = p.serve("patient", {});
    CHECK(has(p.failure({{"hang", true}}), "it took too long"));
    const std::string late =
        p.submit("patient", {{"hang", true}}, {"--time-limit", "300ms", "--max-attempts", "1"});
    CHECK(p.reaches(late, "dead"));
    const std::string unwanted = p.submit("patient", {{"hang", true}});
    REQUIRE(p.reaches(unwanted, "active"));
    p.say({"cancel", unwanted});
    CHECK(p.reaches(unwanted, "cancelled"));
    CHECK(p.result({{"type", "text/plain"}, {"body", "on"}}, "patient") == "on");
    patient.signal(SIGTERM);
    CHECK(patient.wait() == 0);
}

TEST_CASE("Nobody who listens is a failure that may pass") {
    Posts p;
    p.receiver->kill();
    p.serve("post", {});
    CHECK(has(p.failure(json::object()), "cannot connect to localhost port " + p.port));
}

TEST_CASE("A receiver can tell by the signature that a request is ours") {
    const TempDirectory folder;
    Posts p;
    p.serve("signed", {"--secret", secret_file(folder)});
    p.serve("unsigned", {});
    p.serve("raw", {"--secret", secret_file(folder), "--body", "raw"});
    CHECK(p.run({"call", "signed", R"({"type":"text/plain","text":"ü"})"}).code == kSuccess);
    CHECK(p.run({"call", "unsigned", "{}"}).code == kSuccess);
    CHECK(p.run({"call", "raw"}).code == kSuccess);
    const auto requests = p.requests();
    REQUIRE(requests.size() == 3);
    CHECK(requests[0]["is_signed"] == true);
    CHECK(requests[1]["is_signed"] == false);
    CHECK(requests[2]["is_signed"] == true);
    CHECK(requests[2]["body"] == "");
    CHECK_FALSE(requests[2]["headers"].contains("content-type"));
}

TEST_CASE("TLS is spoken to those alone whose certificate is trusted and names them") {
    const TempDirectory folder;
    make_certificate(folder, "here", "localhost");
    make_certificate(folder, "other", "example.org");
    const auto file = [&](const char* name) { return (folder.path() / name).string(); };
    {
        Posts p({file("here.pem"), file("here.key")});
        p.serve("trusting", {"--ca", file("here.pem")}, "https");
        p.serve("strange", {}, "https");
        p.serve("plain", {}, "http");
        CHECK(p.result({{"type", "text/plain"}, {"body", "safe"}}, "trusting") == "safe");
        CHECK(has(p.failure(json::object(), "strange"), "cannot agree on TLS with localhost"));
        CHECK(p.run({"call", "plain", "{}"}).code == kJobFailed);
        CHECK(p.requests().size() == 1);
    }
    {
        Posts p({file("other.pem"), file("other.key")});
        p.serve("misled", {"--ca", file("other.pem")}, "https");
        CHECK(has(p.failure(json::object(), "misled"), "cannot agree on TLS with localhost"));
    }
    {
        Posts p({file("here.pem"), file("here.key"), file("other.pem")});
        p.serve("known",
                {"--ca",
                 file("here.pem"),
                 "--certificate",
                 file("other.pem"),
                 "--key",
                 file("other.key")},
                "https");
        CHECK(p.result({{"type", "text/plain"}, {"body", "hello"}}, "known") == "hello");
    }
}

TEST_CASE("More headers come from a file, which others must not be able to read") {
    const TempDirectory folder;
    const std::string headers =
        folder.write("headers", "Authorization: Bearer x\n\n# no\nX-A:  b\n");
    const auto refusal = [&](const Args& more) {
        Args args = {"--service", "x", "--url", "http://localhost/"};
        args.insert(args.end(), more.begin(), more.end());
        const Finished done = run({built_program(kHttpProgram), args, {}, {}});
        CHECK(done.code == 2);
        return done.err;
    };
    std::filesystem::permissions(headers, std::filesystem::perms(0644));
    CHECK(has(refusal({"--headers", headers}), "others may not read"));
    std::filesystem::permissions(headers, std::filesystem::perms(0600));
    Posts p;
    p.serve("post", {"--headers", headers});
    CHECK(p.run({"call", "post", "{}"}).code == kSuccess);
    CHECK(p.requests().front()["headers"]["authorization"] == "Bearer x");
    CHECK(p.requests().front()["headers"]["x-a"] == "b");

    CHECK(has(refusal({"--url", "ftp://x/"}), "--url is like https://"));
    CHECK(has(refusal({"--url", "https://u:p@x/"}), "must not hold credentials"));
    CHECK(has(refusal({"--secret", "/nonexistent"}), "--secret"));
    CHECK(has(refusal({"--url", "https://x/", "--ca", "/nonexistent"}), "--ca"));
    CHECK(has(refusal({"--timeout", "soon"}), "--timeout"));
}

}  // namespace steward::e2e
