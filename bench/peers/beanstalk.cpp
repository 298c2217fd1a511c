// bench: beanstalkd and its text protocol.
#include "bench/peers/bytes.hpp"
#include "bench/peers/peer.hpp"

namespace steward::bench {
namespace {

constexpr const char* kReplyTube = "replies";

void put_job(std::string& out, std::string_view payload) {
    out.append("put 1024 0 600 ").append(std::to_string(payload.size())).append("\r\n");
    out.append(payload).append("\r\n");
}

class BeanstalkSide : public Side {
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
            std::string_view body;
            const std::string_view word = next_word(line);
            const std::string_view id = line.substr(0, line.find(' '));
            if (word == "RESERVED") {
                next_word(line);
                const std::size_t bytes = number_in(line);
                if (rest.size() < size + bytes + 2) {
                    return taken;
                }
                body = rest.substr(size, bytes);
                size += bytes + 2;
            }
            answer(word, id, body, out);
            taken += size;
        }
    }

protected:
    virtual void answer(std::string_view word,
                        std::string_view id,
                        std::string_view body,
                        std::string& out) = 0;
};

// Puts jobs; what comes of calls is BeanstalkReplies' to see.
class BeanstalkPutter final : public BeanstalkSide {
public:
    explicit BeanstalkPutter(bool calls) : calls_(calls) {}

    void open(std::string& out) override {
        out.append("use s0\r\n");
        opened();
    }

    void send(std::string& out, std::size_t service, std::string_view payload) override {
        if (service != service_) {
            service_ = service;
            out.append("use ").append(service_name(service)).append("\r\n");
        }
        put_job(out, payload);
    }

protected:
    void answer(std::string_view word,
                std::string_view /*id*/,
                std::string_view /*body*/,
                std::string& /*out*/) override {
        if (word == "INSERTED") {
            add_done(calls_ ? 0 : 1);
        } else if (word != "USING") {
            refused("beanstalkd", word);
        }
    }

private:
    bool calls_;
    std::size_t service_ = 0;
};

// Takes up to a batch of jobs: waits for the first, and grabs the rest as far as they are there.
class BeanstalkTaker : public BeanstalkSide {
protected:
    explicit BeanstalkTaker(std::size_t batch_max) : appetite_(batch_max) {}

    virtual void job(std::string_view body, std::string& out) = 0;

    void reserve(std::string& out) {
        out.append("reserve\r\n");
        for (open_ = 1; open_ < appetite_.jobs(); ++open_) {
            out.append("reserve-with-timeout 0\r\n");
        }
    }

    void answer(std::string_view word,
                std::string_view id,
                std::string_view body,
                std::string& out) override {
        if (word == "RESERVED") {
            job(body, out);
            out.append("delete ").append(id).append("\r\n");
            add_done();
            appetite_.fed();
        } else if (word == "TIMED_OUT") {
            appetite_.went_hungry();
        } else if (word == "WATCHING") {
            opened();
            return;
        } else if (word == "DELETED" || word == "USING" || word == "INSERTED") {
            return;
        } else {
            refused("beanstalkd", word);
        }
        if (--open_ == 0) {
            reserve(out);
        }
    }

private:
    Appetite appetite_;
    std::size_t open_ = 0;
};

class BeanstalkWorker final : public BeanstalkTaker {
public:
    explicit BeanstalkWorker(std::size_t services) : BeanstalkTaker(32), services_(services) {}

    void open(std::string& out) override {
        out.append("use ").append(kReplyTube).append("\r\n");
        for (std::size_t i = 0; i < services_; ++i) {
            out.append("watch ").append(service_name(i)).append("\r\n");
        }
        out.append("ignore default\r\n");
        reserve(out);
    }

protected:
    void job(std::string_view body, std::string& out) override {
        if (body.starts_with(kCallMark)) {
            put_job(out, body);
        }
    }

private:
    std::size_t services_;
};

class BeanstalkReplies final : public BeanstalkTaker {
public:
    BeanstalkReplies() : BeanstalkTaker(32) {}

    void open(std::string& out) override {
        out.append("watch ").append(kReplyTube).append("\r\nignore default\r\n");
        reserve(out);
    }

protected:
    void job(std::string_view /*body*/, std::string& /*out*/) override {}
};

class Beanstalkd final : public Peer {
public:
    [[nodiscard]] std::string name() const override { return "beanstalkd"; }

    [[nodiscard]] std::string title(bool durable) const override {
        return durable ? "beanstalkd -b -f0" : "beanstalkd";
    }

    [[nodiscard]] Abilities abilities() const override {
        return {.durable = true, .many_services = true};
    }

    [[nodiscard]] std::string program() const override { return "beanstalkd"; }

    [[nodiscard]] Command server(const std::string& path,
                                 const Place& place,
                                 bool durable) const override {
        Command command{path, {}, {}, place.folder / "server.log"};
        command.args = {"-l", "127.0.0.1", "-p", std::to_string(place.port), "-z", "2097152"};
        if (durable) {
            command.args.insert(command.args.end(), {"-b", place.folder.string(), "-f0"});
        }
        return command;
    }

    [[nodiscard]] std::unique_ptr<Side> submitter(const Shape& /*shape*/) const override {
        return std::make_unique<BeanstalkPutter>(false);
    }

    [[nodiscard]] std::vector<std::unique_ptr<Side>> caller(const Shape& /*shape*/) const override {
        std::vector<std::unique_ptr<Side>> sides;
        sides.push_back(std::make_unique<BeanstalkPutter>(true));
        sides.push_back(std::make_unique<BeanstalkReplies>());
        return sides;
    }

    [[nodiscard]] std::unique_ptr<Side> worker(const Shape& shape) const override {
        return std::make_unique<BeanstalkWorker>(shape.services);
    }
};

}  // namespace

std::unique_ptr<Peer> beanstalkd() {
    return std::make_unique<Beanstalkd>();
}

}  // namespace steward::bench
