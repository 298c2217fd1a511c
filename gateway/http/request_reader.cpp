#include "gateway/http/request_reader.hpp"

#include <algorithm>

namespace steward::gateway {

namespace {

constexpr std::size_t kHeadersUsual = 8;
// What a length that is only claimed may cost before its bytes come.
constexpr std::uint64_t kReservedMax = 1UL << 20U;

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

RequestReader::RequestReader(const ServerOptions& options) {
    header_limit(static_cast<std::uint32_t>(options.header_bytes_max));
    body_limit(options.body_bytes_max);
}

std::string_view RequestReader::fault() const {
    if (!has_target_) {
        return "a request's target begins with a slash";
    }
    if (hosts_ > 1 || (hosts_ == 0 && version_ >= 11)) {
        return "a request has exactly one Host";
    }
    return {};
}

bool RequestReader::knows_coding() const {
    return std::ranges::all_of(request_.headers, [](const Header& header) {
        return !same_name(header.name, "Transfer-Encoding") || same_name(header.value, "chunked");
    });
}

void RequestReader::on_request_impl(http::verb method,
                                    std::string_view /*method_text*/,
                                    std::string_view target,
                                    int version,
                                    error_code& /*error*/) {
    version_ = static_cast<unsigned>(version);
    request_.method = method_of(method);
    target = path_and_query(target);
    has_target_ = target.starts_with('/') || target == "*";
    const std::string_view bare = target.substr(0, target.find('#'));
    const std::size_t mark = bare.find('?');
    request_.path = bare.substr(0, mark);
    request_.query = mark == std::string_view::npos ? "" : bare.substr(mark + 1);
    request_.headers.reserve(kHeadersUsual);
}

void RequestReader::on_field_impl(http::field name,
                                  std::string_view name_text,
                                  std::string_view value,
                                  error_code& /*error*/) {
    hosts_ += name == http::field::host ? 1 : 0;
    request_.headers.push_back({std::string(name_text), std::string(value)});
}

void RequestReader::on_body_init_impl(const boost::optional<std::uint64_t>& length,
                                      error_code& /*error*/) {
    request_.body.reserve(std::min(length.get_value_or(0), kReservedMax));
}

std::size_t RequestReader::on_body_impl(std::string_view bytes, error_code& /*error*/) {
    request_.body.append(bytes);
    return bytes.size();
}

std::size_t RequestReader::on_chunk_body_impl(std::uint64_t /*rest*/,
                                              std::string_view bytes,
                                              error_code& error) {
    return on_body_impl(bytes, error);
}

}  // namespace steward::gateway
