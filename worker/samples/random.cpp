// worker/samples: a stream of random texts, each sent as soon as it is made.
// Params, all optional: {"count": 100, "length": 16, "charset": ASCII text}.
#include <random>

#include "worker/worker.hpp"

namespace {

using namespace steward::worker;

constexpr std::size_t kCountMax = 1'000'000;
constexpr std::size_t kLengthMax = 1'000'000;
constexpr const char* kAlphanumeric =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

class Random : public Worker {
public:
    static constexpr const char* kService = "RANDSTREAM";

    Answer work(const Job& job) override {
        const auto count = job.param<std::size_t>("count", 100);
        const auto length = job.param<std::size_t>("length", 16);
        const auto charset = job.param<std::string>("charset", kAlphanumeric);
        if (count > kCountMax || length > kLengthMax || charset.empty()) {
            return fail_for_good("count and length are at most a million, charset is not empty");
        }
        std::uniform_int_distribution<std::size_t> draw(0, charset.size() - 1);
        for (std::size_t sent = 0; sent < count && !job.stop_requested(); ++sent) {
            std::string text(length, '\0');
            for (char& character : text) {
                character = charset[draw(chance_)];
            }
            job.partial(text);
            job.progress(sent + 1, count);
        }
        return Answer::ok();
    }

private:
    std::mt19937_64 chance_{std::random_device{}()};
};

}  // namespace

int main(int argc, char** argv) {
    return Program(argc, argv)
        .about("A worker that answers with a stream of random texts.")
        .serve<Random>(Random::kService)
        .run();
}
