// gateway/http: the head of an answer as it goes over the wire. Private to this folder.
#pragma once

#include <string>
#include <string_view>

#include "gateway/message/message.hpp"

namespace steward::gateway {

/// What the head of an answer says beside what its giver wants.
struct Manners {
    unsigned version = 11;
    bool keep_alive = true;
    bool is_head = false;  // the question was HEAD: all but the body
};

/// Appends the head, its empty line included. Names and values are the caller's to be right.
void append_head(std::string& out,
                 const Response& response,
                 const Manners& manners,
                 std::string_view request_id,
                 std::string_view server);

/// Whether bytes follow the head.
[[nodiscard]] bool has_body(const Response& response, const Manners& manners);

}  // namespace steward::gateway
