// bench: Redis as a job server, by lists, by lists that keep a job until it is done, and by streams
// with a consumer group.
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

std::string own_name(const void* side) {
    return std::to_string(getpid()) + "-" + std::to_string(reinterpret_cast<std::uintptr_t>(side));
}

// ---- lists, kept: a batch moves to a list of its worker's, which is deleted when it is done ----

// A script cannot wait, and what waits moves one job.
constexpr std::string_view kTakeMany =
    "local jobs = redis.call('LPOP', KEYS[1], ARGV[1]) "
    "if jobs then redis.call('RPUSH', KEYS[2], unpack(jobs)) end return jobs";

class KeptListWorker final : public RespSide {
public:
    void open(std::string& out) override {
        take_one(out);
        opened();
    }

protected:
    // The batch is forgotten and the next is asked for in one write.
    void value(const RespValue& value, std::string& out) override {
        if (value.type == ':') {
            return;  // of DEL
        }
        if (value.type == '$' && value.text == "-1") {
            take_one(out);
            return;
        }
        add_done(value.type == '*' ? value.items.size() : 1);
        put_resp(out, {"DEL", name_});
        put_resp(out, {"EVAL", kTakeMany, "2", service_name(0), name_, kBatch});
    }

private:
    void take_one(std::string& out) const {
        put_resp(out, {"BLMOVE", service_name(0), name_, "LEFT", "RIGHT", "0"});
    }

    std::string name_ = own_name(this);
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

    std::string name_ = own_name(this);
};

enum class Way : std::uint8_t { Lists, KeptLists, Streams };

class Redis final : public Peer {
public:
    explicit Redis(Way way) : way_(way) {}

    [[nodiscard]] std::string name() const override {
        switch (way_) {
            case Way::Lists: return "redis-lists";
            case Way::KeptLists: return "redis-kept-lists";
            case Way::Streams: return "redis-streams";
        }
        return {};
    }

    [[nodiscard]] std::string title(bool durable) const override {
        const std::string after = durable ? ", appendfsync always" : "";
        switch (way_) {
            case Way::Lists: return "Redis lists, 64 a pop" + after;
            case Way::KeptLists: return "Redis lists, 64 a script, kept until done" + after;
            case Way::Streams: return "Redis streams, 64 a read" + after;
        }
        return {};
    }

    [[nodiscard]] Abilities abilities() const override {
        return {.calls = way_ == Way::Lists,
                .durable = true,
                .keeps_jobs = way_ != Way::KeptLists,  // these wait as in any list
                .many_shapes = way_ != Way::KeptLists};
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
        if (way_ == Way::Streams) {
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
        switch (way_) {
            case Way::Lists: return std::make_unique<ListWorker>(shape.services);
            case Way::KeptLists: return std::make_unique<KeptListWorker>();
            case Way::Streams: return std::make_unique<StreamWorker>();
        }
        return nullptr;
    }

private:
    Way way_;
};

}  // namespace

std::unique_ptr<Peer> redis_lists() {
    return std::make_unique<Redis>(Way::Lists);
}

std::unique_ptr<Peer> redis_kept_lists() {
    return std::make_unique<Redis>(Way::KeptLists);
}

std::unique_ptr<Peer> redis_streams() {
    return std::make_unique<Redis>(Way::Streams);
}

}  // namespace steward::bench
