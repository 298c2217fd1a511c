// gateway/http: an answer on its way out. Private to this folder.
#pragma once

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/span_body.hpp>
#include <boost/beast/http/write.hpp>
#include <memory>
#include <optional>
#include <string>

#include "gateway/http/beast.hpp"
#include "gateway/http/server.hpp"

namespace steward::gateway {

/// What the head of an answer says beside what its giver wants.
struct Manners {
    unsigned version = 11;
    bool keep_alive = true;
    bool is_head = false;  // the question was HEAD: all but the body
    std::string request_id;
};

/// Holds the answer's bytes until they are written; they are not copied.
class Outgoing {
public:
    Outgoing(Response&& response, const Manners& manners, const std::string& server)
        : body_(std::move(response.body)),
          message_(static_cast<http::status>(response.status), manners.version),
          serializer_(message_) {
        message_.reason(reason_of(response.status));
        message_.set(http::field::server, server);
        if (!manners.request_id.empty()) {
            message_.set("X-Request-Id", manners.request_id);
        }
        for (const Header& header : response.headers) {
            message_.insert(header.name, header.value);
        }
        message_.keep_alive(manners.keep_alive);
        const bool has_body = response.status != 204 && response.status != 304;
        if (has_body) {
            if (!response.content_type.empty()) {
                message_.set(http::field::content_type, response.content_type);
            }
            message_.content_length(body_.size());
        }
        if (has_body && !manners.is_head) {
            message_.body() = {body_.view().data(), body_.size()};
        }
        // The library asks no more than a const look at the bytes.
        serializer_.split(manners.is_head);
    }

    template <class Stream, class Done>
    void write(Stream& stream, bool is_head, Done&& done) {
        if (is_head) {
            http::async_write_header(stream, serializer_, std::forward<Done>(done));
        } else {
            http::async_write(stream, serializer_, std::forward<Done>(done));
        }
    }

private:
    base::Blob body_;
    http::response<http::span_body<const char>> message_;
    http::response_serializer<http::span_body<const char>> serializer_;
};

}  // namespace steward::gateway
