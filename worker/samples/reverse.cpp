// worker/samples: gives a text back with its characters in reverse order.
// Params: {"str": text}, or the text alone.
#include "worker/worker.hpp"

namespace {

using namespace steward::worker;

class Reverse : public Worker {
public:
    static constexpr const char* kService = "STR-REV";

    Answer work(const Job& job) override {
        const auto text =
            job.params().is_string() ? job.params<std::string>() : job.param<std::string>("str");
        std::string reversed;
        for (std::size_t at = text.size(); at > 0;) {
            const std::size_t end = at;
            do {
                --at;
            } while (at > 0 && is_continuation(text[at]));  // a character's bytes stay together
            reversed.append(text, at, end - at);
        }
        return reversed;
    }

private:
    static bool is_continuation(char byte) {
        return (static_cast<unsigned>(byte) & 0xC0U) == 0x80U;
    }
};

}  // namespace

int main(int argc, char** argv) {
    return Program(argc, argv)
        .about("A worker that gives a text back with its characters in reverse order.")
        .serve<Reverse>(Reverse::kService)
        .run();
}
