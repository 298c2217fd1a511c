// bench: RabbitMQ: publisher confirms, prefetch, many acknowledged at once, direct reply-to.
// Volatile jobs in a classic queue, durable ones in a quorum queue.
#include <deque>
#include <fstream>

#include "bench/peers/amqp.hpp"
#include "bench/peers/bytes.hpp"
#include "bench/peers/lines.hpp"
#include "bench/peers/peer.hpp"

namespace steward::bench {
namespace {

constexpr std::uint16_t kPrefetch = 512;
constexpr const char* kReplies = "amq.rabbitmq.reply-to";

class RabbitSubmitter final : public AmqpSide {
public:
    explicit RabbitSubmitter(bool durable) : durable_(durable) {}

    void send(std::string& out, std::size_t service, std::string_view payload) override {
        put_publish(out, service_name(service), payload, durable_, {});
        confirmed_.push_back(false);
    }

protected:
    void channel_opened(std::string& out) override {
        put_declare(out, service_name(0), durable_);
        put_method(out, Amqp::ConfirmSelect, std::string_view("\0", 1));
    }

    void method(Amqp method, std::string_view arguments, std::string& /*out*/) override {
        if (method == Amqp::ConfirmSelectOk) {
            opened();
        } else if (method == Amqp::BasicAck) {
            confirm(get<std::uint64_t>(arguments), arguments[8] != 0);
        } else if (method != Amqp::QueueDeclareOk) {
            refused("rabbitmq-server", arguments);
        }
    }

private:
    // They come in any order.
    void confirm(std::uint64_t tag, bool all_up_to_it) {
        for (std::uint64_t i = all_up_to_it ? first_ : tag; i <= tag; ++i) {
            if (!confirmed_.at(i - first_)) {
                confirmed_[i - first_] = true;
                add_done();
            }
        }
        while (!confirmed_.empty() && confirmed_.front()) {
            confirmed_.pop_front();
            ++first_;
        }
    }

    bool durable_;
    std::uint64_t first_ = 1;  // not confirmed
    std::deque<bool> confirmed_;
};

class RabbitCaller final : public AmqpSide {
public:
    void send(std::string& out, std::size_t service, std::string_view payload) override {
        put_publish(out, service_name(service), payload, false, kReplies);
    }

protected:
    void channel_opened(std::string& out) override { put_consume(out, kReplies, true); }

    void method(Amqp method, std::string_view arguments, std::string& /*out*/) override {
        if (method != Amqp::BasicConsumeOk) {
            refused("rabbitmq-server", arguments);
        }
        opened();
    }

    void delivered(const AmqpDelivery& /*delivery*/, std::string& /*out*/) override { add_done(); }
};

class RabbitWorker final : public AmqpSide {
protected:
    void channel_opened(std::string& out) override {
        std::string arguments;
        put(arguments, std::uint32_t{0});
        put(arguments, kPrefetch);
        arguments.push_back(0);
        put_method(out, Amqp::BasicQos, arguments);
        put_consume(out, service_name(0), false);
    }

    void method(Amqp method, std::string_view arguments, std::string& /*out*/) override {
        if (method == Amqp::BasicConsumeOk) {
            opened();
        } else if (method != Amqp::BasicQosOk) {
            refused("rabbitmq-server", arguments);
        }
    }

    void delivered(const AmqpDelivery& delivery, std::string& out) override {
        if (!delivery.reply_to.empty()) {
            put_publish(out, delivery.reply_to, delivery.body, false, {});
        }
        last_ = delivery.tag;
        add_done();
    }

    void came_all(std::string& out) override {
        if (last_ != 0) {
            std::string arguments;
            put(arguments, last_);
            arguments.push_back(1);  // and all before it
            put_method(out, Amqp::BasicAck, arguments);
            last_ = 0;
        }
    }

private:
    std::uint64_t last_ = 0;
};

class RabbitMq final : public Peer {
public:
    [[nodiscard]] std::string name() const override { return "rabbitmq"; }

    [[nodiscard]] std::string title(bool durable) const override {
        return durable ? "RabbitMQ, quorum queue, confirms" : "RabbitMQ, transient, confirms";
    }

    [[nodiscard]] Abilities abilities() const override { return {.durable = true}; }

    // Debian's /usr/sbin/rabbitmq-server changes the user.
    [[nodiscard]] std::string program() const override {
        return "/usr/lib/rabbitmq/bin/rabbitmq-server";
    }

    [[nodiscard]] Command server(const std::string& path,
                                 const Place& place,
                                 bool /*durable*/) const override {
        const std::string folder = place.folder.string();
        std::ofstream(place.folder / "plugins") << "[].\n";
        std::ofstream(place.folder / "rabbitmq.conf")
            << "listeners.tcp.1 = 127.0.0.1:" << place.port
            << "\nvm_memory_high_watermark.relative = 0.8\ndisk_free_limit.absolute = 100MB\n";
        return {path,
                {},
                {"HOME=" + folder,
                 "RUNNING_UNDER_SYSTEMD=1",  // the script becomes the server
                 "RABBITMQ_NODENAME=bench" + std::to_string(place.port) + "@localhost",
                 "RABBITMQ_CONFIG_FILE=" + folder + "/rabbitmq.conf",
                 "RABBITMQ_CONF_ENV_FILE=" + folder + "/none",
                 "RABBITMQ_MNESIA_BASE=" + folder + "/mnesia",
                 "RABBITMQ_LOG_BASE=" + folder,
                 "RABBITMQ_PID_FILE=" + folder + "/pid",
                 "RABBITMQ_ENABLED_PLUGINS_FILE=" + folder + "/plugins",
                 "RABBITMQ_DIST_PORT=" + std::to_string(free_port()),
                 "ERL_EPMD_PORT=" + std::to_string(place.other_port),
                 "ERL_EPMD_ADDRESS=127.0.0.1",
                 "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-kernel inet_dist_use_interface "
                 "{127,0,0,1}"},
                folder + "/server.log"};
    }

    // Else Erlang starts it, and it stays.
    [[nodiscard]] std::unique_ptr<Child> helper(const Place& place) const override {
        return std::make_unique<Child>(
            Command{path_of("epmd"),
                    {"-address", "127.0.0.1", "-port", std::to_string(place.other_port)},
                    {},
                    place.folder / "epmd.log"});
    }

    [[nodiscard]] std::unique_ptr<Side> submitter(const Shape& shape) const override {
        return std::make_unique<RabbitSubmitter>(shape.durable);
    }

    [[nodiscard]] std::vector<std::unique_ptr<Side>> caller(const Shape& /*shape*/) const override {
        std::vector<std::unique_ptr<Side>> sides;
        sides.push_back(std::make_unique<RabbitCaller>());
        return sides;
    }

    [[nodiscard]] std::unique_ptr<Side> worker(const Shape& /*shape*/) const override {
        return std::make_unique<RabbitWorker>();
    }
};

}  // namespace

std::unique_ptr<Peer> rabbitmq() {
    return std::make_unique<RabbitMq>();
}

}  // namespace steward::bench
