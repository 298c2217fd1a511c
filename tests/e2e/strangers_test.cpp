// tests/e2e: whatever strangers send, the broker goes on; and what old brokers choked on is served.
#include <fstream>
#include <random>

#include <doctest/doctest.h>

#include "tests/e2e/harness/broker.hpp"
#include "tests/e2e/harness/old_worker.hpp"

namespace steward::e2e {

namespace {

/// Messages that are noise, and messages that are nearly right: pieces of every dialect, shuffled.
class Garbage {
public:
    RawFrames next() {
        RawFrames frames(1 + below(6));
        for (std::string& frame : frames) {
            frame = below(2) == 0 ? noise() : std::string(piece());
            if (below(8) == 0) {
                frame.resize(below(frame.size() + 1));
            }
        }
        return frames;
    }

private:
    std::size_t below(std::size_t bound) { return engine_() % bound; }

    std::string noise() {
        std::string bytes(below(200), '\0');
        for (char& byte : bytes) {
            byte = static_cast<char>(below(256));
        }
        return bytes;
    }

    std::string_view piece() {
        using namespace std::string_view_literals;
        static constexpr std::array kPieces = {""sv,
                                               "MDPC01"sv,
                                               "MDPW01"sv,
                                               "MDPC02"sv,
                                               "MDPW02"sv,
                                               "\x01"sv,
                                               "\x02"sv,
                                               "\x03"sv,
                                               "\x04"sv,
                                               "\x05"sv,
                                               "\x06"sv,
                                               "1"sv,
                                               "2"sv,
                                               "3"sv,
                                               "READY"sv,
                                               "echo"sv,
                                               "JOB: "sv,
                                               "JOB: SYNC-"sv,
                                               "JOB: SYNC-echo"sv,
                                               "HEARTBEAT"sv,
                                               "STW\x01"sv,
                                               "COMPLETE: 1"sv,
                                               "CONT: "sv,
                                               "FAIL: x"sv,
                                               "PARAM-JSON: {"sv,
                                               "OPTION-JSON: {\"priority\": 1e999}"sv,
                                               "PARAM-MSGPACK: \xdf\xff\xff\xff\xff"sv,
                                               "PARAM-PHP: a:99999999:{"sv,
                                               "STW\x01\xdd\xff\xff\xff\xff"sv,
                                               "SERVER-JOBS"sv};
        return kPieces[below(kPieces.size())];
    }

    std::mt19937_64 engine_{20240229};
};

std::size_t resident_kib(const Process& process) {
    std::ifstream status("/proc/" + std::to_string(process.pid()) + "/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmRSS:")) {
            return std::stoul(line.substr(6));
        }
    }
    return 0;
}

/// One job from end to end: the proof that the broker is well.
void check_service(const Broker& broker, OldWorker& worker, const std::string& service) {
    OldClient client(Old::Mdp01, broker.endpoints().frontend);
    client.request(service, {"still", "there"});
    const HeldJob job = worker.job();
    CHECK(shown(job.body) == shown({"still", "there"}));
    worker.complete(job, {"yes"});
    CHECK(shown(client.answer().body) == shown({"yes"}));
}

}  // namespace

TEST_CASE("Ten thousand garbage messages on each socket do no harm") {
    Broker broker({{{"HEARTBEAT_INTERVAL", "60"}}, {}, {}});  // the worker says nothing meanwhile
    OldWorker worker(Old::Mdp02, "well", broker.endpoints().backend);
    worker.ready();
    broker.wait_until_served("well");
    Garbage garbage;
    for (const std::string& endpoint : {broker.endpoints().frontend, broker.endpoints().backend}) {
        CAPTURE(endpoint);
        RawSocket stranger(zmq::socket_type::dealer, endpoint);
        for (int i = 0; i < 10'000; ++i) {
            stranger.send(garbage.next());
            while (stranger.receive(std::chrono::milliseconds(0)).has_value()) {
            }
        }
        check_service(broker, worker, "well");
    }
    RawSocket subscriber(zmq::socket_type::xsub, broker.endpoints().news);
    for (int i = 0; i < 10'000; ++i) {
        subscriber.send(garbage.next());
    }
    check_service(broker, worker, "well");
    CHECK_FALSE(broker.process().wait(std::chrono::milliseconds(0)).has_value());
    CHECK(resident_kib(broker.process()) < 1'000'000);
}

TEST_CASE("A message of a thousand and more frames is refused, not stored") {
    Broker broker;
    OldWorker worker(Old::Mdp02, "well", broker.endpoints().backend);
    worker.ready();
    broker.wait_until_served("well");
    OldClient client(Old::Mdp02, broker.endpoints().frontend);
    client.request("well", RawFrames(100'000, "x"));
    check_service(broker, worker, "well");
}

TEST_CASE("Services called image, mail and .x are services, not management requests") {
    const Broker broker;
    for (const std::string service : {"image", "mail", ".x", "mmi", "commi.x", "SERVERS"}) {
        for (const Old dialect : kOldDialects) {
            CAPTURE(service);
            CAPTURE(name_of(dialect));
            OldWorker worker(dialect, service, broker.endpoints().backend);
            worker.ready();
            broker.wait_until_served(service);
            OldClient client(dialect, broker.endpoints().frontend);
            client.request(service, {"1"});
            worker.complete(worker.job(), {"2"});
            CHECK(shown(client.answer().body) == shown({"2"}));
            if (!is_zmws(dialect)) {
                worker.disconnect();
            }
        }
    }
}

TEST_CASE("Bodies of any bytes, empty frames among them, arrive as they were sent") {
    const Broker broker;
    std::string all_bytes(256, '\0');
    for (std::size_t i = 0; i < all_bytes.size(); ++i) {
        all_bytes[i] = static_cast<char>(i);
    }
    const std::vector<RawFrames> bodies = {
        {""},
        {"", ""},
        {"", "middle", ""},
        {"0"},
        {std::string(1, '\0')},
        {all_bytes},
        {"JOB: SYNC-echo"},
        {"PARAM-JSON: {"},
        {std::string(1U << 20U, '\0')},
        RawFrames(100, "frame"),
    };
    for (const Old dialect : {Old::Mdp01, Old::Mdp02}) {
        CAPTURE(name_of(dialect));
        OldWorker worker(dialect, "bytes", broker.endpoints().backend);
        worker.ready();
        broker.wait_until_served("bytes");
        OldClient client(dialect, broker.endpoints().frontend);
        for (const RawFrames& body : bodies) {
            client.request("bytes", body);
            const HeldJob job = worker.job();
            CHECK(job.body == body);
            worker.complete(job, body);
            CHECK(client.answer().body == body);
        }
        worker.disconnect();
    }
}

TEST_CASE("ZMWS params and results of every spelling arrive in the requester's encoding") {
    const Broker broker;
    OldWorker worker(Old::Zmws1, "params", broker.endpoints().backend);
    worker.ready();
    broker.wait_until_served("params");
    OldClient client(Old::Zmws1, broker.endpoints().frontend);

    struct Case {
        std::string sent;
        std::string answer_prefix;
        std::string answer;
    };

    // The worker answers the JSON array [1,"a: b"].
    const std::vector<Case> cases = {
        {"PARAM-JSON: {\"x\": \"a: b\"}", "PARAM-JSON: ", "[1,\"a: b\"]"},
        {"JSON-PARAM: {\"x\": \"a: b\"}", "PARAM-JSON: ", "[1,\"a: b\"]"},
        {"PARAM-MSGPACK: \x81\xa1x\x01",
         "PARAM-MSGPACK: ",
         "\x92\x01\xa4"
         "a: b"},
        {"PARAM-PHP: a:1:{s:1:\"x\";i:1;}", "PARAM-PHP: ", "a:2:{i:0;i:1;i:1;s:4:\"a: b\";}"},
        {"PARAM: i:5;", "PARAM-PHP: ", "a:2:{i:0;i:1;i:1;s:4:\"a: b\";}"},
    };
    for (const Case& one : cases) {
        CAPTURE(one.sent);
        client.request_with("params", one.sent);
        worker.complete(worker.job(), {"[1,\"a: b\"]"});
        const Answer answer = client.answer();
        CHECK(answer.kind == Answer::Kind::Complete);
        CHECK(answer.prefix == one.answer_prefix);
        CHECK(shown(answer.body) == shown({one.answer}));
    }
    client.request_with("params", "");  // none at all
    const HeldJob job = worker.job();
    CHECK(job.body.empty());
    worker.complete(job, {});
    CHECK(client.answer().kind == Answer::Kind::Complete);
}

TEST_CASE("Routing ids of any bytes work, zeros and the longest included") {
    const Broker broker;
    using namespace std::string_literals;
    const std::vector<std::string> ids = {"a\0b"s,
                                          "\0\0\0"s,
                                          "\0abcd"s,
                                          "@0123456789abcdef0123456789abcdef"s,
                                          std::string(255, '\xFF'),
                                          "\n"s};
    int number = 0;
    for (const std::string& id : ids) {
        CAPTURE(shown({id}));
        const std::string service = "ids" + std::to_string(number++);
        OldWorker worker(Old::Mdp02, service, broker.endpoints().backend, id);
        worker.ready();
        broker.wait_until_served(service);
        OldClient client(Old::Zmws1, broker.endpoints().frontend, id);
        client.request(service, {"1"});
        worker.complete(worker.job(), {"2"});
        CHECK(shown(client.answer().body) == shown({"2"}));
        CHECK(broker.ask("SERVER-WORKERS").is_array());
    }
}

}  // namespace steward::e2e
