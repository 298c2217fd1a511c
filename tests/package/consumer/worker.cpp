// tests/package: somebody else's worker, as they would write it.
#include <algorithm>
#include <cctype>
#include <steward/worker/worker.hpp>
#include <string>

class Shout : public steward::worker::Worker {
public:
    static constexpr const char* kService = "shout";

    steward::worker::Answer work(const steward::worker::Job& job) override {
        auto text = job.params<std::string>();
        std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
            return static_cast<char>(std::toupper(c));
        });
        return text;
    }
};

int main(int argc, char** argv) {
    return steward::worker::run<Shout>(argc, argv);
}
