#include <cstdlib>
#include <steward/worker/worker.hpp>
#include <vector>

using namespace steward::worker;

class Doubler : public Worker {
public:
    Answer work(const Job& job) override {
        const int number = job.params<int>();
        job.partial(number);
        return number * 2;
    }
};

// Stands where the broker would be.
class Recorder : public JobLink {
public:
    void partial(const steward::model::Attempt&,
                 steward::model::Payload data,
                 const std::stop_token&) override {
        partials.push_back(std::move(data));
    }

    void progress(const steward::model::Attempt&,
                  std::uint64_t,
                  std::uint64_t,
                  std::string) override {}

    steward::base::Expected<steward::model::JobId> submit(steward::model::JobSpec) override {
        return steward::model::JobId{};
    }

    std::vector<steward::model::Payload> partials;
};

int main() {
    Recorder recorder;
    JobOrder order;
    order.service = "double";
    order.params = Value(21).encode(steward::model::Encoding::Json);
    const Job job(order, recorder, std::stop_token());

    const auto outcome = Doubler().work(job).outcome(order.params.encoding);
    const bool is_right = outcome.verdict == steward::model::Verdict::Succeeded &&
                          outcome.result.bytes.view() == "42" && recorder.partials.size() == 1;
    return is_right ? EXIT_SUCCESS : EXIT_FAILURE;
}
