#include <steward/worker/worker.hpp>

using namespace steward::worker;

class Greeter : public Worker {
public:
    static constexpr const char* kService = "greet";

    Answer work(const Job& job) override {
        return "Hello, " + job.param<std::string>("name", "world") + "!";
    }
};

int main(int argc, char** argv) {
    return run<Greeter>(argc, argv);
}
