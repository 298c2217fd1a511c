// tests/e2e: an OpenAPI document, and whether what a server answers is what it says. Knows of JSON
// Schema what the gateway's document uses: type, enum, pattern, minimum, maximum, properties,
// required, additionalProperties, items, maxItems, oneOf, anyOf, $ref.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/e2e/harness/http_client.hpp"

namespace steward::e2e {

class ApiDocument {
public:
    explicit ApiDocument(nlohmann::json document) : document_(std::move(document)) {}

    /// What is wrong with an answer, by the document; empty: nothing. A member that is described
    /// nowhere is wrong, although callers have to bear with it.
    [[nodiscard]] std::string fault_of(const HttpRequest& request,
                                       const HttpResponse& response) const;
    /// The same of an event of the stream that the request began.
    [[nodiscard]] std::string fault_of(const HttpRequest& request, const ServerEvent& event) const;

    /// Of "/v1/jobs/x" it is "/v1/jobs/{job}": paths without braces first, as OpenAPI has it.
    /// Empty: there is none.
    [[nodiscard]] std::string path_of(std::string_view target) const;
    /// "get /v1/jobs", all of them.
    [[nodiscard]] std::set<std::string> operations() const;
    /// The one of a request; HEAD is a GET.
    [[nodiscard]] std::string operation_of(const HttpRequest& request) const;

    /// Where a value is not as its schema says; empty: nowhere.
    [[nodiscard]] std::string schema_fault(const nlohmann::json& schema,
                                           const nlohmann::json& value,
                                           const std::string& place = "") const;

private:
    [[nodiscard]] const nlohmann::json& resolved(const nlohmann::json& value) const;
    [[nodiscard]] const nlohmann::json* answer_in(const HttpRequest& request, int status) const;
    [[nodiscard]] std::string object_fault(const nlohmann::json& schema,
                                           const nlohmann::json& value,
                                           const std::string& place) const;
    [[nodiscard]] std::string content_fault(const nlohmann::json& content,
                                            const HttpResponse& response) const;

    nlohmann::json document_;
};

/// A client each of whose answers is held against the document.
class CheckedClient {
public:
    CheckedClient(int port, const ApiDocument& document)
        : client_(port), port_(port), document_(document) {}

    /// Fails the test when the answer is not as described.
    HttpResponse send(const HttpRequest& request);

    HttpResponse get(const std::string& target, HttpHeaders headers = {}) {
        return send({"GET", target, std::move(headers)});
    }

    HttpResponse post(const std::string& target,
                      std::string body = {},
                      const std::string& content_type = "application/json",
                      HttpHeaders headers = {});

    HttpResponse post(const std::string& target, const nlohmann::json& body) {
        return post(target, body.dump());
    }

    HttpResponse put(const std::string& target, const nlohmann::json& body);
    HttpResponse patch(const std::string& target, const nlohmann::json& body);

    HttpResponse remove(const std::string& target) { return send({"DELETE", target}); }

    /// Up to the event of this name, or the end; each is held against the document.
    std::vector<ServerEvent> events(HttpRequest request, std::string_view last = {});

    std::vector<ServerEvent> events(const std::string& target, std::string_view last = {}) {
        return events(HttpRequest{"GET", target}, last);
    }

    /// The operations that were asked for and answered with a success.
    [[nodiscard]] const std::set<std::string>& walked() const { return walked_; }

private:
    void note(const HttpRequest& request, const HttpResponse& response);

    HttpClient client_;
    int port_;
    const ApiDocument& document_;
    std::set<std::string> walked_;
};

}  // namespace steward::e2e
