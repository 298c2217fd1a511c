#include "gateway/http/beast.hpp"

#include <boost/beast/http/error.hpp>

#include <nlohmann/json.hpp>

namespace steward::gateway {

namespace {

Method method_of(http::verb verb) {
    // The library knows some thirty more, all of them Other here.
    if (verb == http::verb::get) {
        return Method::Get;
    }
    if (verb == http::verb::head) {
        return Method::Head;
    }
    if (verb == http::verb::post) {
        return Method::Post;
    }
    if (verb == http::verb::put) {
        return Method::Put;
    }
    if (verb == http::verb::patch) {
        return Method::Patch;
    }
    if (verb == http::verb::delete_) {
        return Method::Delete;
    }
    return verb == http::verb::options ? Method::Options : Method::Other;
}

// Proxies ask in the absolute form: the authority is in Host too.
std::string_view path_and_query(std::string_view target) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (target.starts_with(scheme)) {
            const std::size_t slash = target.find('/', scheme.size());
            return slash == std::string_view::npos ? "/" : target.substr(slash);
        }
    }
    return target;
}

}  // namespace

bool read_message(Message& message, Request& request, std::string& fault) {
    const std::string_view target = path_and_query(message.target());
    if (!target.starts_with('/') && target != "*") {
        fault = "a request's target begins with a slash";
        return false;
    }
    const std::size_t hosts = message.count(http::field::host);
    if (hosts > 1 || (hosts == 0 && message.version() >= 11)) {
        fault = "a request has exactly one Host";
        return false;
    }
    request.method = method_of(message.method());
    const std::string_view bare = target.substr(0, target.find('#'));
    const std::size_t mark = bare.find('?');
    request.path = bare.substr(0, mark);
    request.query = mark == std::string_view::npos ? "" : bare.substr(mark + 1);
    request.headers.reserve(8);
    for (const auto& field : message) {
        request.headers.push_back({std::string(field.name_string()), std::string(field.value())});
    }
    request.body = std::move(message.body());
    return true;
}

unsigned status_of_fault(const error_code& error) {
    if (error == http::error::header_limit || error == http::error::buffer_overflow) {
        return 431;
    }
    if (error == http::error::body_limit) {
        return 413;
    }
    if (error == beast::error::timeout) {
        return 408;
    }
    if (error == http::error::end_of_stream || error == http::error::partial_message ||
        error.category() != http::make_error_code(http::error::bad_method).category()) {
        return 0;
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
