// bench: AMQP 0-9-1 over one channel: the handshake, frames in and out, content put together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "bench/peers/side.hpp"

namespace steward::bench {

/// Class and method of a method frame.
enum class Amqp : std::uint32_t {
    ConnectionStart = 10U << 16U | 10,
    ConnectionStartOk = 10U << 16U | 11,
    ConnectionTune = 10U << 16U | 30,
    ConnectionTuneOk = 10U << 16U | 31,
    ConnectionOpen = 10U << 16U | 40,
    ConnectionOpenOk = 10U << 16U | 41,
    ChannelOpen = 20U << 16U | 10,
    ChannelOpenOk = 20U << 16U | 11,
    QueueDeclare = 50U << 16U | 10,
    QueueDeclareOk = 50U << 16U | 11,
    BasicQos = 60U << 16U | 10,
    BasicQosOk = 60U << 16U | 11,
    BasicConsume = 60U << 16U | 20,
    BasicConsumeOk = 60U << 16U | 21,
    BasicPublish = 60U << 16U | 40,
    BasicDeliver = 60U << 16U | 60,
    BasicAck = 60U << 16U | 80,
    ConfirmSelect = 85U << 16U | 10,
    ConfirmSelectOk = 85U << 16U | 11,
};

struct AmqpDelivery {
    std::uint64_t tag = 0;
    std::string reply_to;
    std::string body;
};

void put_short_text(std::string& out, std::string_view text);

class AmqpSide : public Side {
public:
    void open(std::string& out) final;
    std::size_t take(std::string_view in, std::string& out) final;

protected:
    /// A method frame on the channel, whole.
    static void put_method(std::string& out, Amqp method, std::string_view arguments);
    static void put_declare(std::string& out, std::string_view queue, bool quorum);
    static void put_consume(std::string& out, std::string_view queue, bool without_acks);
    /// By the default exchange, so `queue` names where it goes.
    void put_publish(std::string& out,
                     std::string_view queue,
                     std::string_view body,
                     bool persistent,
                     std::string_view reply_to) const;

    /// The channel is open.
    virtual void channel_opened(std::string& out) = 0;
    virtual void method(Amqp method, std::string_view arguments, std::string& out) = 0;

    virtual void delivered(const AmqpDelivery& /*delivery*/, std::string& /*out*/) {}

    /// All that came has been taken.
    virtual void came_all(std::string& /*out*/) {}

private:
    void method_frame(std::string_view frame, std::string& out);
    void header_frame(std::string_view frame);
    void finish_delivery(std::string& out);

    std::size_t frame_bytes_max_ = 4096;
    AmqpDelivery delivery_;
    std::size_t body_bytes_ = 0;  // of the delivery, when it is whole
};

}  // namespace steward::bench
