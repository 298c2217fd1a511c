#include "gateway/params/request_params.hpp"

#include <memory>
#include <utility>

#include "common/base/bytes.hpp"
#include "common/wire/params.hpp"
#include "common/wire/params_json.hpp"
#include "common/wire/params_msgpack.hpp"
#include "gateway/params/json_members.hpp"
#include "gateway/params/limits.hpp"
#include "gateway/params/media_type.hpp"
#include "gateway/params/multipart.hpp"
#include "gateway/params/params_object.hpp"

namespace steward::gateway {

namespace {

using base::Expected;
using base::Unexpected;
using model::Encoding;
using model::Payload;

// The bytes without a copy, where they are more than a copy costs.
base::Blob blob_of(std::string&& text) {
    if (text.size() <= base::Blob::slice_copy_bytes_max) {
        return base::Blob::copy(text);
    }
    auto owner = std::make_unique<std::string>(std::move(text));
    const std::string_view bytes = *owner;
    return base::Blob::adopt(
        bytes, owner.release(), [](void* held) { delete static_cast<std::string*>(held); });
}

Expected<Payload> checked_json(std::string&& body) {
    if (auto checked = wire::read_json(body, nullptr); !checked) {
        return Unexpected(std::move(checked.error()));
    }
    base::Blob bytes = blob_of(std::move(body));
    const std::string_view text = without_mark(bytes.view());
    return Payload{Encoding::Json, text.size() == bytes.size() ? bytes : bytes.slice(text)};
}

Expected<Payload> checked_msgpack(std::string&& body) {
    if (auto checked = wire::read_msgpack(body, nullptr); !checked) {
        return Unexpected(std::move(checked.error()));
    }
    return Payload{Encoding::Msgpack, blob_of(std::move(body))};
}

Payload payload_of(const ParamsObject& params) {
    return params.empty() ? Payload{} : Payload{Encoding::Json, blob_of(params.text())};
}

// A body that is no form, in JSON.
Expected<Payload> json_of(const MediaType& type, std::string&& body) {
    if (is_json(type)) {
        return checked_json(std::move(body));
    }
    if (is_msgpack(type)) {
        return checked_msgpack(std::move(body)).map([](Payload&& packed) {
            return wire::convert_params(packed, Encoding::Json);
        });
    }
    return wire::convert_params({Encoding::Opaque, blob_of(std::move(body))}, Encoding::Json);
}

bool reads_as_json_container(std::string_view body) {
    return (json_begins_with(body, '{') || json_begins_with(body, '[')) &&
           wire::read_json(body, nullptr);
}

Expected<Payload> with_query(const Pairs& query, const Payload& body) {
    if (query.empty()) {
        return body;
    }
    const auto members = json_members(body.bytes.view());
    if (!members) {
        return base::fail(base::Errc::BadParams,
                          "the query has params (\"" + base::printable(query.front().name, 40) +
                              "\") and the body is no object that they could be put into: give "
                              "one of the two");
    }
    ParamsObject params;
    params.add_all(query);
    ParamsObject rest;
    for (const JsonMember& member : *members) {
        rest.set(member.name, member.value);
    }
    params.add_missing(std::move(rest));
    return payload_of(params);
}

}  // namespace

Expected<Payload> door_params_of(Request& request, const Pairs& query) {
    std::string body = std::exchange(request.body, {});
    ParamsObject params;
    params.add_all(query);
    if (body.empty()) {
        return payload_of(params);
    }
    const MediaType type = MediaType::parse(request.header("Content-Type"));
    ParamsObject fields;
    if (type.word == "multipart/form-data") {
        auto parts = parse_multipart(body, type);
        if (!parts) {
            return Unexpected(std::move(parts.error()));
        }
        add_parts(fields, *parts);
    } else if (type.word == "application/x-www-form-urlencoded" && !reads_as_json_container(body)) {
        auto pairs = parse_pairs(body, "form");
        if (!pairs) {
            return Unexpected(std::move(pairs.error()));
        }
        fields.add_all(*pairs);
    } else {
        static const MediaType kJson{"application/json", {}};
        const bool is_form = type.word == "application/x-www-form-urlencoded";
        return json_of(is_form ? kJson : type, std::move(body)).and_then([&](const Payload& json) {
            return with_query(query, json);
        });
    }
    params.add_missing(std::move(fields));
    return payload_of(params);
}

Expected<JobBody> job_body_of(Request& request) {
    std::string body = std::exchange(request.body, {});
    const std::string_view content_type = request.header("Content-Type");
    const MediaType type = MediaType::parse(content_type);
    JobBody job;
    if (body.empty()) {
        return job;
    }
    if (is_json(type) || is_msgpack(type)) {
        auto params =
            is_json(type) ? checked_json(std::move(body)) : checked_msgpack(std::move(body));
        if (!params) {
            return Unexpected(std::move(params.error()));
        }
        job.params = std::move(*params);
        return job;
    }
    if (content_type.size() > kContentTypeBytesMax) {
        return base::fail(base::Errc::TooLarge,
                          "the content type has " + std::to_string(content_type.size()) +
                              " bytes, " + std::to_string(kContentTypeBytesMax) + " are allowed");
    }
    job.params = {Encoding::Opaque, blob_of(std::move(body))};
    job.content_type = content_type;
    return job;
}

}  // namespace steward::gateway
