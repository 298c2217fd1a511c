#include "bench/peers/amqp.hpp"

#include <algorithm>

#include "bench/peers/bytes.hpp"

namespace steward::bench {
namespace {

enum Frame : std::uint8_t { MethodFrame = 1, HeaderFrame = 2, BodyFrame = 3, HeartbeatFrame = 8 };

constexpr std::size_t kHeadBytes = 7;
constexpr char kFrameEnd = '\xCE';
constexpr std::uint16_t kBasic = 60;
constexpr std::uint16_t kHasDeliveryMode = 1U << 12U;
constexpr std::uint16_t kHasReplyTo = 1U << 9U;

void put_frame(std::string& out, Frame type, std::uint16_t channel, std::string_view body) {
    out.push_back(static_cast<char>(type));
    put(out, channel);
    put(out, static_cast<std::uint32_t>(body.size()));
    out.append(body).push_back(kFrameEnd);
}

void put_method_frame(std::string& out,
                      std::uint16_t channel,
                      Amqp method,
                      std::string_view arguments) {
    std::string body;
    put(body, static_cast<std::uint32_t>(method));
    put_frame(out, MethodFrame, channel, body.append(arguments));
}

std::string_view cut_short_text(std::string_view& in) {
    const std::size_t bytes = static_cast<unsigned char>(in.front());
    const std::string_view text = in.substr(1, bytes);
    in.remove_prefix(1 + bytes);
    return text;
}

}  // namespace

void put_short_text(std::string& out, std::string_view text) {
    out.push_back(static_cast<char>(text.size()));
    out.append(text);
}

void AmqpSide::open(std::string& out) {
    out.append("AMQP\0\0\x09\x01", 8);
}

void AmqpSide::put_method(std::string& out, Amqp method, std::string_view arguments) {
    put_method_frame(out, 1, method, arguments);
}

void AmqpSide::put_declare(std::string& out, std::string_view queue, bool quorum) {
    std::string arguments;
    put(arguments, std::uint16_t{0});
    put_short_text(arguments, queue);
    arguments.push_back(quorum ? 2 : 0);  // durable
    std::string table;
    if (quorum) {
        put_short_text(table, "x-queue-type");
        table.push_back('S');
        put(table, std::uint32_t{6});
        table.append("quorum");
    }
    put(arguments, static_cast<std::uint32_t>(table.size()));
    put_method(out, Amqp::QueueDeclare, arguments.append(table));
}

void AmqpSide::put_consume(std::string& out, std::string_view queue, bool without_acks) {
    std::string arguments;
    put(arguments, std::uint16_t{0});
    put_short_text(arguments, queue);
    put_short_text(arguments, {});
    arguments.push_back(without_acks ? 2 : 0);
    put(arguments, std::uint32_t{0});
    put_method(out, Amqp::BasicConsume, arguments);
}

void AmqpSide::put_publish(std::string& out,
                           std::string_view queue,
                           std::string_view body,
                           bool persistent,
                           std::string_view reply_to) const {
    std::string arguments;
    put(arguments, std::uint16_t{0});
    put_short_text(arguments, {});
    put_short_text(arguments, queue);
    arguments.push_back(0);
    put_method(out, Amqp::BasicPublish, arguments);

    std::string header;
    put(header, kBasic);
    put(header, std::uint16_t{0});
    put(header, static_cast<std::uint64_t>(body.size()));
    const bool has_reply = !reply_to.empty();
    put(header, static_cast<std::uint16_t>(kHasDeliveryMode | (has_reply ? kHasReplyTo : 0U)));
    header.push_back(persistent ? 2 : 1);
    if (has_reply) {
        put_short_text(header, reply_to);
    }
    put_frame(out, HeaderFrame, 1, header);
    const std::size_t part = frame_bytes_max_ - kHeadBytes - 1;
    for (std::size_t at = 0; at < body.size(); at += part) {
        put_frame(out, BodyFrame, 1, body.substr(at, part));
    }
}

std::size_t AmqpSide::take(std::string_view in, std::string& out) {
    std::size_t taken = 0;
    while (in.size() - taken > kHeadBytes) {
        const std::string_view rest = in.substr(taken);
        const std::size_t bytes = get<std::uint32_t>(rest.substr(3));
        if (rest.size() < kHeadBytes + bytes + 1) {
            break;
        }
        const std::string_view frame = rest.substr(kHeadBytes, bytes);
        const auto type = static_cast<unsigned char>(rest.front());
        if (type == MethodFrame) {
            method_frame(frame, out);
        } else if (type == HeaderFrame) {
            header_frame(frame);
            finish_delivery(out);
        } else if (type == BodyFrame) {
            delivery_.body.append(frame);
            finish_delivery(out);
        } else if (type != HeartbeatFrame) {
            refused("rabbitmq-server", "a frame of an unknown type");
        }
        taken += kHeadBytes + bytes + 1;
    }
    came_all(out);
    return taken;
}

void AmqpSide::method_frame(std::string_view frame, std::string& out) {
    const auto name = static_cast<Amqp>(get<std::uint32_t>(frame));
    std::string_view rest = frame.substr(4);
    std::string arguments;
    if (name == Amqp::ConnectionStart) {
        put(arguments, std::uint32_t{0});
        put_short_text(arguments, "PLAIN");
        put(arguments, std::uint32_t{12});
        arguments.append("\0guest\0guest", 12);
        put_short_text(arguments, "en_US");
        put_method_frame(out, 0, Amqp::ConnectionStartOk, arguments);
    } else if (name == Amqp::ConnectionTune) {
        frame_bytes_max_ = get<std::uint32_t>(rest.substr(2));
        put_method_frame(out,
                         0,
                         Amqp::ConnectionTuneOk,
                         std::string(rest.substr(0, 6)).append(2, '\0'));  // no heartbeats
        put_short_text(arguments, "/");
        put_short_text(arguments, {});
        arguments.push_back(0);
        put_method_frame(out, 0, Amqp::ConnectionOpen, arguments);
    } else if (name == Amqp::ConnectionOpenOk) {
        put_short_text(arguments, {});
        put_method(out, Amqp::ChannelOpen, arguments);
    } else if (name == Amqp::ChannelOpenOk) {
        channel_opened(out);
    } else if (name == Amqp::BasicDeliver) {
        cut_short_text(rest);
        delivery_ = {.tag = get<std::uint64_t>(rest), .reply_to = {}, .body = {}};
    } else {
        method(name, rest, out);
    }
}

void AmqpSide::header_frame(std::string_view frame) {
    body_bytes_ = get<std::uint64_t>(frame.substr(4));
    const auto flags = get<std::uint16_t>(frame.substr(12));
    std::string_view rest = frame.substr(14);
    if ((flags & kHasDeliveryMode) != 0) {
        rest.remove_prefix(1);
    }
    if ((flags & kHasReplyTo) != 0) {
        delivery_.reply_to = cut_short_text(rest);
    }
}

void AmqpSide::finish_delivery(std::string& out) {
    if (delivery_.body.size() == body_bytes_) {
        delivered(delivery_, out);
    }
}

}  // namespace steward::bench
