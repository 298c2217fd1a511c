// bench: a worker that does nothing, so that what is measured is the way to it and back.
#include "worker/worker.hpp"

namespace {

using namespace steward::worker;

class Noop : public Worker {
public:
    static constexpr const char* kService = "noop";

    Answer work(const Job& /*job*/) override { return Answer::ok(); }
};

}  // namespace

int main(int argc, char** argv) {
    return run<Noop>(argc, argv);
}
