#include <iostream>
#include <string>
#include <vector>

#include "client/client.hpp"

namespace sc = steward::client;
using namespace std::chrono_literals;

struct Resize {
    std::string path;
    int width = 0;
    int height = 0;
    MSGPACK_DEFINE_MAP(path, width, height)
};

int main(int argc, char** argv) {
    sc::Client client(sc::Options{.brokers = {argc > 1 ? argv[1] : "127.0.0.1"}});

    // Leave a job with the broker. Once the id is here, the job is not lost.
    const auto id = client.submit("mail", {{"to", "ann@example.org"}, {"text", "hello"}});
    if (!id) {
        std::cerr << id.error().message << '\n';
        return 1;
    }
    std::cout << "submitted " << id->text() << '\n';

    // Run a job and wait for its result.
    const auto answer =
        client.call("resize", sc::packed(Resize{"cat.jpg", 640, 480}), {.timeout = 5s});
    if (!answer) {
        const bool may_work_later =
            class_of(answer.error().code) == steward::base::ErrorClass::Retry;
        std::cerr << answer.error().message << (may_work_later ? " (try again)" : "") << '\n';
        return 1;
    }
    if (const auto size = answer->as<Resize>()) {
        std::cout << "resized to " << size->width << "x" << size->height << '\n';
    }

    // Parts of an answer as they come.
    const auto done = client.stream("count", {{"to", 3}}, [](const sc::Answer& part) {
        std::cout << "part " << part.bytes() << '\n';
    });

    // Many at once: each has its own answer.
    const std::vector<sc::Spec> specs(1000, sc::Spec{.service = "mail", .params = {{"to", "bob"}}});
    std::size_t accepted = 0;
    for (const auto& one : client.submit_many(specs)) {
        accepted += one ? 1U : 0U;
    }
    std::cout << accepted << " accepted\n";

    // Without waiting: a future, or a callback on the client's own thread.
    auto later = client.call_async("resize", {{"path", "dog.jpg"}});
    std::cout << "later: " << (later.get() ? "done" : "not done") << '\n';

    // What the broker knows.
    const auto services = client.query("services");
    std::cout << (services ? services->dump() : services.error().message) << '\n';
    return done ? 0 : 1;
}
