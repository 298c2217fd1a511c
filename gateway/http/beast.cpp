#include "gateway/http/beast.hpp"

#include <boost/beast/http/error.hpp>

#include <nlohmann/json.hpp>

namespace steward::gateway {

Message message_of(const Request& request, unsigned version) {
    Message message;
    message.version(version);
    message.method_string(name_of(request.method));
    message.target(request.query.empty() ? request.path : request.path + "?" + request.query);
    for (const Header& header : request.headers) {
        message.insert(header.name, header.value);
    }
    return message;
}

unsigned status_of_fault(const error_code& error) {
    if (error == http::error::header_limit) {
        return 431;
    }
    if (error == http::error::body_limit) {
        return 413;
    }
    return error == http::error::bad_version ? 505 : 400;
}

Response fault_answer(unsigned status, std::string_view detail) {
    Response response;
    response.status = status;
    response.content_type = "application/problem+json";
    const nlohmann::json problem{
        {"title", reason_of(status)}, {"status", status}, {"detail", detail}};
    response.body = base::Blob::copy(problem.dump() + "\n");
    return response;
}

}  // namespace steward::gateway
