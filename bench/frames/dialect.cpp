#include "bench/frames/dialect.hpp"

#include <array>
#include <span>

#include "bench/peers/side.hpp"

namespace steward::bench {
namespace {

zmq::message_t frame(std::string_view text) {
    return zmq::message_t(text.data(), text.size());
}

template <class... Texts>
Frames frames_of(Texts... texts) {
    Frames frames;
    (frames.push_back(frame(texts)), ...);
    return frames;
}

// A worker's "R" announces it; a job and its answer are the client, as many small frames as there
// should be, and the payload.
class Forwarder final : public FrameDialect {
public:
    explicit Forwarder(std::span<const std::string_view> small) : small_(small) {}

    [[nodiscard]] Frames request(std::string_view payload) const override {
        Frames frames;
        for (const std::string_view text : small_) {
            frames.push_back(frame(text));
        }
        frames.push_back(frame(payload));
        return frames;
    }

    [[nodiscard]] bool is_result(const Frames& frames) const override {
        return frames.size() == small_.size() + 1;
    }

    [[nodiscard]] Frames ready() const override { return frames_of(std::string_view("R")); }

    [[nodiscard]] Frames heartbeat() const override { return {}; }

    [[nodiscard]] bool finish(Frames& frames) const override {
        if (frames.size() != small_.size() + 2) {
            return false;
        }
        zmq::message_t& payload = frames.back();
        const std::string_view answer = answer_of(payload.to_string_view());
        if (answer.size() < payload.size()) {
            payload = zmq::message_t(answer.data(), answer.size());
        }
        return true;
    }

private:
    std::span<const std::string_view> small_;
};

class Zmws1 final : public FrameDialect {
public:
    [[nodiscard]] Frames request(std::string_view payload) const override {
        return frames_of(std::string_view(), payload, std::string_view("JOB: SYNC-s0"));
    }

    [[nodiscard]] bool is_result(const Frames& frames) const override {
        return frames.size() == 3 && frames[1].to_string_view().starts_with("COMPLETE: ");
    }

    [[nodiscard]] Frames ready() const override {
        return frames_of(std::string_view("s0"), std::string_view("READY"));
    }

    [[nodiscard]] Frames heartbeat() const override {
        return frames_of(std::string_view("HEARTBEAT"));
    }

    [[nodiscard]] bool finish(Frames& frames) const override {
        constexpr std::string_view kWord = "JOB: ";
        if (frames.size() != 4 || !frames[3].to_string_view().starts_with(kWord)) {
            return false;
        }
        const std::string done =
            "COMPLETE: " + std::string(frames[3].to_string_view().substr(kWord.size()));
        Frames result;
        result.push_back(std::move(frames[2]));
        result.push_back(frame("s0"));
        result.push_back(frame(done));
        frames = std::move(result);
        return true;
    }
};

struct MajordomoWords {
    std::string_view client;
    std::string_view worker;
    bool delimiter;     // both ends begin with an empty frame
    bool request_type;  // requests and replies have a type
    char ready;
    char job;
    char done;
    char beat;
    char final_reply;
};

class Majordomo final : public FrameDialect {
public:
    explicit Majordomo(const MajordomoWords& words) : words_(words) {}

    [[nodiscard]] Frames request(std::string_view payload) const override {
        Frames frames = begin(words_.client);
        if (words_.request_type) {
            frames.push_back(byte('\1'));
        }
        frames.push_back(frame("s0"));
        frames.push_back(frame(payload));
        return frames;
    }

    [[nodiscard]] bool is_result(const Frames& frames) const override {
        return frames.size() == 4 &&
               (!words_.request_type || frames[1].to_string_view().front() == words_.final_reply) &&
               !frames[3].to_string_view().starts_with("FAIL");
    }

    [[nodiscard]] Frames ready() const override {
        Frames frames = begin(words_.worker);
        frames.push_back(byte(words_.ready));
        frames.push_back(frame("s0"));
        return frames;
    }

    [[nodiscard]] Frames heartbeat() const override {
        Frames frames = begin(words_.worker);
        frames.push_back(byte(words_.beat));
        return frames;
    }

    [[nodiscard]] bool finish(Frames& frames) const override {
        const std::size_t type = words_.delimiter ? 2 : 1;
        if (frames.size() < type + 4 || frames[type].to_string_view().front() != words_.job) {
            return false;
        }
        frames[type] = byte(words_.done);
        return true;
    }

private:
    static zmq::message_t byte(char value) { return frame({&value, 1}); }

    [[nodiscard]] Frames begin(std::string_view header) const {
        return words_.delimiter ? frames_of(std::string_view(), header) : frames_of(header);
    }

    MajordomoWords words_;
};

// A request of MDP/0.1 before its body.
constexpr std::array<std::string_view, 3> kSmallFrames = {"", "MDPC01", "s0"};

constexpr MajordomoWords kMdp01 = {"MDPC01", "MDPW01", true, false, 1, 2, 3, 4, 0};
constexpr MajordomoWords kMdp02 = {"MDPC02", "MDPW02", false, true, 1, 2, 4, 5, 3};

}  // namespace

std::unique_ptr<FrameDialect> frame_dialect(std::string_view name) {
    if (name == "forwarder") {
        return std::make_unique<Forwarder>(std::span<const std::string_view>());
    }
    if (name == "forwarder-frames") {
        return std::make_unique<Forwarder>(kSmallFrames);
    }
    if (name == "zmws1") {
        return std::make_unique<Zmws1>();
    }
    if (name == "MDP/0.1") {
        return std::make_unique<Majordomo>(kMdp01);
    }
    if (name == "MDP/0.2") {
        return std::make_unique<Majordomo>(kMdp02);
    }
    return nullptr;
}

bool receive(zmq::socket_t& socket, Frames& frames) {
    frames.clear();
    do {
        zmq::message_t next;
        if (!socket.recv(next, zmq::recv_flags::dontwait)) {
            return false;
        }
        frames.push_back(std::move(next));
    } while (frames.back().more());
    return true;
}

void send(zmq::socket_t& socket, Frames& frames) {
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const auto more = i + 1 < frames.size() ? zmq::send_flags::sndmore : zmq::send_flags::none;
        if (!socket.send(frames[i], more)) {
            return;
        }
    }
}

zmq::socket_t socket_of(zmq::context_t& context, zmq::socket_type type) {
    zmq::socket_t socket(context, type);
    socket.set(zmq::sockopt::sndhwm, 0);
    socket.set(zmq::sockopt::rcvhwm, 0);
    socket.set(zmq::sockopt::linger, 0);
    return socket;
}

}  // namespace steward::bench
