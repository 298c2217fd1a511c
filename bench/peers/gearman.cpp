// bench: gearmand and its binary protocol.
#include <fstream>

#include "bench/peers/bytes.hpp"
#include "bench/peers/peer.hpp"

namespace steward::bench {
namespace {

enum Packet : std::uint32_t {
    CanDo = 1,
    PreSleep = 4,
    Noop = 6,
    SubmitJob = 7,
    JobCreated = 8,
    GrabJob = 9,
    NoJob = 10,
    JobAssign = 11,
    WorkComplete = 13,
    EchoRequest = 16,
    EchoAnswer = 17,
    SubmitBackgroundJob = 18,
};

constexpr std::size_t kHeaderBytes = 12;

void put_header(std::string& out, Packet type, std::size_t bytes) {
    out.append("\0REQ", 4);
    put(out, static_cast<std::uint32_t>(type));
    put(out, static_cast<std::uint32_t>(bytes));
}

void put_packet(std::string& out, Packet type, std::string_view data = {}) {
    put_header(out, type, data.size());
    out.append(data);
}

class GearmanSide : public Side {
public:
    std::size_t take(std::string_view in, std::string& out) final {
        std::size_t taken = 0;
        while (in.size() - taken >= kHeaderBytes) {
            const std::string_view rest = in.substr(taken);
            const auto type = get<std::uint32_t>(rest.substr(4));
            const std::size_t bytes = get<std::uint32_t>(rest.substr(8));
            if (rest.size() - kHeaderBytes < bytes) {
                break;
            }
            packet(type, rest.substr(kHeaderBytes, bytes), out);
            taken += kHeaderBytes + bytes;
        }
        return taken;
    }

protected:
    virtual void packet(std::uint32_t type, std::string_view data, std::string& out) = 0;
};

class GearmanClient final : public GearmanSide {
public:
    explicit GearmanClient(bool calls) : calls_(calls) {}

    void open(std::string& /*out*/) override { opened(); }

    void send(std::string& out, std::size_t service, std::string_view payload) override {
        const std::string name = service_name(service);
        put_header(out, calls_ ? SubmitJob : SubmitBackgroundJob, name.size() + 2 + payload.size());
        out.append(name).append(2, '\0').append(payload);
    }

protected:
    void packet(std::uint32_t type, std::string_view data, std::string& /*out*/) override {
        if (type == (calls_ ? WorkComplete : JobCreated)) {
            add_done();
        } else if (type != JobCreated) {
            refused("gearmand", data);
        }
    }

private:
    bool calls_;
};

// Keeps as many grabs open as it is hungry for; sleeps when the last of them found nothing.
class GearmanWorker final : public GearmanSide {
public:
    GearmanWorker(std::size_t services, std::size_t grabs_max)
        : services_(services), appetite_(grabs_max) {}

    void open(std::string& out) override {
        for (std::size_t i = 0; i < services_; ++i) {
            put_packet(out, CanDo, service_name(i));
        }
        put_packet(out, EchoRequest, "open");
    }

protected:
    void packet(std::uint32_t type, std::string_view data, std::string& out) override {
        if (type == JobAssign) {
            --open_grabs_;
            finish(data, out);
            add_done();
            appetite_.fed();
            grab(out);
        } else if (type == NoJob) {
            --open_grabs_;
            appetite_.went_hungry();
            if (open_grabs_ == 0) {
                put_packet(out, PreSleep);
            }
        } else if (type == Noop) {
            if (open_grabs_ == 0) {
                grab(out);
            }
        } else if (type == EchoAnswer) {
            opened();
            put_packet(out, PreSleep);
        } else {
            refused("gearmand", data);
        }
    }

private:
    // `data` is handle, function and payload; a call's payload goes back.
    static void finish(std::string_view data, std::string& out) {
        const std::size_t handle = data.find('\0') + 1;
        const std::string_view payload = data.substr(data.find('\0', handle) + 1);
        const bool is_call = payload.starts_with(kCallMark);
        put_header(out, WorkComplete, handle + (is_call ? payload.size() : 0));
        out.append(data.substr(0, handle)).append(is_call ? payload : std::string_view());
    }

    void grab(std::string& out) {
        for (; open_grabs_ < appetite_.jobs(); ++open_grabs_) {
            put_packet(out, GrabJob);
        }
    }

    std::size_t services_;
    Appetite appetite_;
    std::size_t open_grabs_ = 0;
};

class Gearmand final : public Peer {
public:
    explicit Gearmand(bool tuned) : tuned_(tuned) {}

    [[nodiscard]] std::string name() const override {
        return tuned_ ? "gearmand-tuned" : "gearmand";
    }

    [[nodiscard]] std::string title(bool durable) const override {
        return std::string(tuned_ ? "gearmand -t 1, 1,000,003 buckets, 32 grabs"
                                  : "gearmand, defaults") +
               (durable ? ", SQLite queue" : "");
    }

    [[nodiscard]] Abilities abilities() const override {
        return {.durable = true, .many_services = true};
    }

    [[nodiscard]] std::string program() const override { return "gearmand"; }

    [[nodiscard]] Command server(const std::string& path,
                                 const Place& place,
                                 bool durable) const override {
        Command command{path, {}, {}, place.folder / "server.log"};
        command.args = {"--listen=127.0.0.1",
                        "--port=" + std::to_string(place.port),
                        "--log-file=stderr",
                        "--backlog=1024",
                        "--pid-file=" + (place.folder / "pid").string(),
                        "--config-file=" + empty_config(place)};
        if (tuned_) {
            command.args.insert(command.args.end(), {"--threads=1", "--hashtable-buckets=1000003"});
        }
        if (durable) {
            command.args.insert(command.args.end(),
                                {"--queue-type=libsqlite3",
                                 "--libsqlite3-db=" + (place.folder / "queue.sqlite").string()});
        }
        return command;
    }

    [[nodiscard]] std::unique_ptr<Side> submitter(const Shape& /*shape*/) const override {
        return std::make_unique<GearmanClient>(false);
    }

    [[nodiscard]] std::vector<std::unique_ptr<Side>> caller(const Shape& /*shape*/) const override {
        std::vector<std::unique_ptr<Side>> sides;
        sides.push_back(std::make_unique<GearmanClient>(true));
        return sides;
    }

    [[nodiscard]] std::unique_ptr<Side> worker(const Shape& shape) const override {
        return std::make_unique<GearmanWorker>(shape.services, tuned_ ? 32 : 1);
    }

private:
    // It reads the system's where none is given.
    static std::string empty_config(const Place& place) {
        const auto file = place.folder / "gearmand.conf";
        std::ofstream{file};
        return file;
    }

    bool tuned_;
};

}  // namespace

std::unique_ptr<Peer> gearmand(bool tuned) {
    return std::make_unique<Gearmand>(tuned);
}

}  // namespace steward::bench
