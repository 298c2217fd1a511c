// bench: NATS: jobs by JetStream, a stream with work-queue retention and one pull consumer that all
// workers share; calls by its plain requests, which keep nothing.
#include <array>
#include <cstdio>
#include <fstream>
#include <memory>
#include <unistd.h>
#include <utility>

#include "bench/peers/bytes.hpp"
#include "bench/peers/peer.hpp"

namespace steward::bench {
namespace {

constexpr std::size_t kPullJobs = 128;  // of one request of a worker, which has two open
constexpr int kCreateTries = 1'000;     // of a submitter, for the stream and its consumer
constexpr const char* kConnect =
    "CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,\"lang\":\"c\","
    "\"version\":\"1\",\"protocol\":1}\r\n";

void put_message(std::string& out,
                 std::string_view subject,
                 std::string_view reply,
                 std::string_view body) {
    out.append("PUB ").append(subject).append(" ");
    if (!reply.empty()) {
        out.append(reply).append(" ");
    }
    out.append(std::to_string(body.size())).append("\r\n").append(body).append("\r\n");
}

struct NatsMessage {
    std::string_view subscription;
    std::string_view reply;
    std::string_view body;
    bool has_header = false;
};

class NatsSide : public Side {
public:
    std::size_t take(std::string_view in, std::string& out) final {
        std::size_t taken = 0;
        for (;;) {
            const std::string_view rest = in.substr(taken);
            const std::size_t end = rest.find("\r\n");
            if (end == std::string_view::npos) {
                return taken;
            }
            std::string_view line = rest.substr(0, end);
            std::size_t size = end + 2;
            const std::string_view word = next_word(line);
            if (word == "MSG" || word == "HMSG") {
                const std::size_t bytes = number_in(line.substr(line.rfind(' ') + 1));
                if (rest.size() < size + bytes + 2) {
                    return taken;
                }
                message(parts_of(line, rest.substr(size, bytes), word == "HMSG"), out);
                size += bytes + 2;
            } else if (word == "PING") {
                out.append("PONG\r\n");
            } else if (word == "-ERR") {
                refused("nats-server", line);
            }
            taken += size;
        }
    }

protected:
    virtual void message(const NatsMessage& message, std::string& out) = 0;

private:
    // subject, subscription, perhaps where to answer, size or sizes
    static NatsMessage parts_of(std::string_view line, std::string_view body, bool has_header) {
        NatsMessage message;
        next_word(line);
        message.subscription = next_word(line);
        const std::string_view next = next_word(line);
        const bool has_reply =
            has_header ? line.find(' ') != std::string_view::npos : !line.empty();
        message.reply = has_reply ? next : std::string_view();
        message.body = body;
        message.has_header = has_header;
        return message;
    }
};

class NatsSubmitter final : public NatsSide {
public:
    explicit NatsSubmitter(bool durable) : durable_(durable) {}

    void open(std::string& out) override {
        out.append(kConnect).append("SUB ").append(inbox_).append(".* 1\r\n");
        create_stream(out);
    }

    void send(std::string& out, std::size_t service, std::string_view payload) override {
        put_message(out, "j." + service_name(service), inbox_ + ".ack", payload);
    }

protected:
    void message(const NatsMessage& message, std::string& out) override {
        const bool is_error = message.body.find("\"error\"") != std::string_view::npos;
        if (is_error && (is_open() || ++tries_ == kCreateTries)) {
            refused("nats-server", message.body);
        }
        if (is_open()) {
            add_done();
        } else if (is_error ? has_stream_ : !std::exchange(has_stream_, true)) {
            create_consumer(out);
        } else if (is_error) {
            create_stream(out);
        } else {
            opened();
        }
    }

private:
    // What another submitter has in the making at this moment is refused: both ask again.
    void create_stream(std::string& out) {
        put_message(
            out,
            "$JS.API.STREAM.CREATE.J",
            inbox_ + ".stream",
            std::string("{\"name\":\"J\",\"subjects\":[\"j.*\"],\"retention\":\"workqueue\","
                        "\"num_replicas\":1,\"max_consumers\":-1,\"max_msgs\":-1,"
                        "\"max_bytes\":-1,\"max_age\":0,\"discard\":\"new\",\"storage\":\"") +
                (durable_ ? "file" : "memory") + "\"}");
    }

    void create_consumer(std::string& out) {
        put_message(out,
                    "$JS.API.CONSUMER.DURABLE.CREATE.J.W",
                    inbox_ + ".consumer",
                    "{\"stream_name\":\"J\",\"config\":{\"durable_name\":\"W\","
                    "\"deliver_policy\":\"all\",\"ack_policy\":\"explicit\",\"replay_policy\":"
                    "\"instant\",\"ack_wait\":600000000000,\"max_ack_pending\":100000,"
                    "\"max_waiting\":4096}}");
    }

    bool durable_;
    bool has_stream_ = false;
    int tries_ = 0;
    std::string inbox_ = "i" + std::to_string(getpid()) + "-" +
                         std::to_string(reinterpret_cast<std::uintptr_t>(this));
};

class NatsCaller final : public NatsSide {
public:
    void open(std::string& out) override {
        out.append(kConnect).append("SUB replies.1 1\r\n");
        opened();
    }

    void send(std::string& out, std::size_t service, std::string_view payload) override {
        put_message(out, "call." + service_name(service), "replies.1", payload);
    }

protected:
    void message(const NatsMessage& message, std::string& /*out*/) override {
        if (message.has_header) {
            refused("nats-server", message.body);
        }
        add_done();
    }
};

class NatsWorker final : public NatsSide {
public:
    void open(std::string& out) override {
        out.append(kConnect).append("SUB ").append(inbox_).append(" 1\r\n");
        out.append("SUB call.* workers 2\r\n");
        pull(out);
        pull(out);
        opened();
    }

protected:
    void message(const NatsMessage& message, std::string& out) override {
        if (message.has_header) {
            refused("nats-server", message.body);
        }
        if (message.subscription == "2") {
            put_message(out, message.reply, {}, message.body);
        } else {
            put_message(out, message.reply, {}, {});  // an empty one acknowledges
            if (++pulled_ == kPullJobs) {
                pulled_ = 0;
                pull(out);
            }
        }
        add_done();
    }

private:
    void pull(std::string& out) const {
        put_message(out,
                    "$JS.API.CONSUMER.MSG.NEXT.J.W",
                    inbox_,
                    "{\"batch\":" + std::to_string(kPullJobs) + "}");
    }

    std::size_t pulled_ = 0;
    std::string inbox_ = "w" + std::to_string(getpid()) + "-" +
                         std::to_string(reinterpret_cast<std::uintptr_t>(this));
};

// Versions before 2.10 sync a file store every two minutes, and cannot be told otherwise.
bool syncs_always() {
    const std::string path = path_of("nats-server");
    const std::unique_ptr<FILE, int (*)(FILE*)> out(
        path.empty() ? nullptr : popen((path + " --version").c_str(), "re"),
        [](FILE* file) { return file == nullptr ? 0 : pclose(file); });
    std::array<char, 100> line{};
    int minor = 0;
    int major = 0;
    return out && std::fgets(line.data(), line.size(), out.get()) != nullptr &&
           std::sscanf(line.data(), "nats-server: v%d.%d", &major, &minor) == 2 &&
           (major > 2 || minor >= 10);
}

class Nats final : public Peer {
public:
    [[nodiscard]] std::string name() const override { return "nats"; }

    [[nodiscard]] std::string title(bool durable) const override {
        if (!durable) {
            return "NATS JetStream, memory (calls: core)";
        }
        return syncs_always_ ? "NATS JetStream, file, sync always"
                             : "NATS JetStream, file (syncs only now and then)";
    }

    [[nodiscard]] Abilities abilities() const override { return {.durable = true}; }

    [[nodiscard]] std::string program() const override { return "nats-server"; }

    [[nodiscard]] Command server(const std::string& path,
                                 const Place& place,
                                 bool durable) const override {
        const auto config = place.folder / "nats.conf";
        std::ofstream(config)
            << "host: 127.0.0.1\nport: " << place.port
            << "\nmax_payload: 8MB\nmax_pending: 1GB\njetstream {\n  store_dir: \""
            << place.folder.string() << "\"\n  max_memory_store: 16GB\n  max_file_store: 64GB\n"
            << (durable && syncs_always_ ? "  sync_interval: always\n" : "") << "}\n";
        return {path, {"-c", config.string()}, {}, place.folder / "server.log"};
    }

    [[nodiscard]] std::unique_ptr<Side> submitter(const Shape& shape) const override {
        return std::make_unique<NatsSubmitter>(shape.durable);
    }

    [[nodiscard]] std::vector<std::unique_ptr<Side>> caller(const Shape& /*shape*/) const override {
        std::vector<std::unique_ptr<Side>> sides;
        sides.push_back(std::make_unique<NatsCaller>());
        return sides;
    }

    [[nodiscard]] std::unique_ptr<Side> worker(const Shape& /*shape*/) const override {
        return std::make_unique<NatsWorker>();
    }

private:
    bool syncs_always_ = syncs_always();
};

}  // namespace

std::unique_ptr<Peer> nats() {
    return std::make_unique<Nats>();
}

}  // namespace steward::bench
