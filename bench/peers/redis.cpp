// bench: Redis as a job server, by lists and by streams with a consumer group.
#include <unistd.h>

#include "bench/peers/peer.hpp"
#include "bench/peers/resp.hpp"

namespace steward::bench {
namespace {

constexpr std::string_view kBatch = "64";  // jobs that a worker takes at a time
constexpr std::string_view kReplies = "replies";

// ---- lists: RPUSH; BLMPOP takes a batch away, and a worker that dies loses it ----

class ListClient final : public RespSide {
public:
    explicit ListClient(bool calls) : calls_(calls) {}

    // Version 3, so that answers come on the connection that sends.
    void open(std::string& out) override {
        if (calls_) {
            put_resp(out, {"HELLO", "3"});
            put_resp(out, {"SUBSCRIBE", kReplies});
        } else {
            opened();
        }
    }

    void send(std::string& out, std::size_t service, std::string_view payload) override {
        put_resp(out, {"RPUSH", service_name(service), payload});
    }

protected:
    void value(const RespValue& value, std::string& /*out*/) override {
        if (value.type == ':') {
            add_done(calls_ ? 0 : 1);
        } else if (value.type == '>' && value.items.front().text == "message") {
            add_done();
        } else if (value.type == '>') {
            opened();
        }
    }

private:
    bool calls_;
};

class ListWorker final : public RespSide {
public:
    explicit ListWorker(std::size_t services) : services_(services) {}

    void open(std::string& out) override {
        pop(out);
        opened();
    }

protected:
    void value(const RespValue& value, std::string& out) override {
        if (value.type != '*') {
            return;  // of PUBLISH
        }
        for (const RespValue& job : value.items.back().items) {
            if (job.text.starts_with(kCallMark)) {
                put_resp(out, {"PUBLISH", kReplies, job.text});
            }
            add_done();
        }
        pop(out);
    }

private:
    void pop(std::string& out) const {
        begin_resp(out, services_ + 6);
        put_resp_word(out, "BLMPOP");
        put_resp_word(out, "0");
        put_resp_word(out, std::to_string(services_));
        for (std::size_t i = 0; i < services_; ++i) {
            put_resp_word(out, service_name(i));
        }
        put_resp_word(out, "LEFT");
        put_resp_word(out, "COUNT");
        put_resp_word(out, kBatch);
    }

    std::size_t services_;
};

// ---- streams: a batch stays pending until it is acknowledged ----

constexpr std::string_view kGroup = "workers";

class StreamClient final : public RespSide {
public:
    void open(std::string& out) override {
        put_resp(out, {"XGROUP", "CREATE", service_name(0), kGroup, "0", "MKSTREAM"});
    }

    void send(std::string& out, std::size_t /*service*/, std::string_view payload) override {
        put_resp(out, {"XADD", service_name(0), "*", "p", payload});
    }

protected:
    void value(const RespValue& /*value*/, std::string& /*out*/) override {
        if (is_open()) {
            add_done();
        }
        opened();
    }
};

class StreamWorker final : public RespSide {
public:
    void open(std::string& out) override {
        put_resp(out, {"XGROUP", "CREATECONSUMER", service_name(0), kGroup, name_});
    }

protected:
    // The batch is acknowledged and removed, and the next is asked for, in one write.
    void value(const RespValue& value, std::string& out) override {
        if (!is_open()) {
            opened();
            read(out);
        }
        if (value.type != '*' || value.items.empty()) {
            return;
        }
        const std::vector<RespValue>& entries = value.items.front().items.back().items;
        begin_resp(out, 3 + entries.size());
        put_resp_word(out, "XACK");
        put_resp_word(out, service_name(0));
        put_resp_word(out, kGroup);
        put_ids(out, entries);
        begin_resp(out, 2 + entries.size());
        put_resp_word(out, "XDEL");
        put_resp_word(out, service_name(0));
        put_ids(out, entries);
        add_done(entries.size());
        read(out);
    }

private:
    static void put_ids(std::string& out, const std::vector<RespValue>& entries) {
        for (const RespValue& entry : entries) {
            put_resp_word(out, entry.items.front().text);
        }
    }

    void read(std::string& out) const {
        put_resp(out,
                 {"XREADGROUP",
                  "GROUP",
                  kGroup,
                  name_,
                  "COUNT",
                  kBatch,
                  "BLOCK",
                  "0",
                  "STREAMS",
                  service_name(0),
                  ">"});
    }

    std::string name_ =
        std::to_string(getpid()) + "-" + std::to_string(reinterpret_cast<std::uintptr_t>(this));
};

class Redis final : public Peer {
public:
    explicit Redis(bool streams) : streams_(streams) {}

    [[nodiscard]] std::string name() const override {
        return streams_ ? "redis-streams" : "redis-lists";
    }

    [[nodiscard]] std::string title(bool durable) const override {
        return std::string(streams_ ? "Redis streams, 64 a read" : "Redis lists, 64 a pop") +
               (durable ? ", appendfsync always" : "");
    }

    [[nodiscard]] Abilities abilities() const override {
        return {.calls = !streams_, .durable = true};
    }

    [[nodiscard]] std::string program() const override { return "redis-server"; }

    [[nodiscard]] Command server(const std::string& path,
                                 const Place& place,
                                 bool durable) const override {
        Command command{path, {}, {}, place.folder / "server.log"};
        command.args = {"--port",
                        std::to_string(place.port),
                        "--bind",
                        "127.0.0.1",
                        "--dir",
                        place.folder.string(),
                        "--save",
                        "",
                        "--appendonly",
                        durable ? "yes" : "no",
                        "--appendfsync",
                        "always"};
        return command;
    }

    [[nodiscard]] std::unique_ptr<Side> submitter(const Shape& /*shape*/) const override {
        if (streams_) {
            return std::make_unique<StreamClient>();
        }
        return std::make_unique<ListClient>(false);
    }

    [[nodiscard]] std::vector<std::unique_ptr<Side>> caller(const Shape& /*shape*/) const override {
        std::vector<std::unique_ptr<Side>> sides;
        sides.push_back(std::make_unique<ListClient>(true));
        return sides;
    }

    [[nodiscard]] std::unique_ptr<Side> worker(const Shape& shape) const override {
        if (streams_) {
            return std::make_unique<StreamWorker>();
        }
        return std::make_unique<ListWorker>(shape.services);
    }

private:
    bool streams_;
};

}  // namespace

std::unique_ptr<Peer> redis_lists() {
    return std::make_unique<Redis>(false);
}

std::unique_ptr<Peer> redis_streams() {
    return std::make_unique<Redis>(true);
}

}  // namespace steward::bench
