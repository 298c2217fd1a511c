#include <chrono>
#include <fstream>
#include <steward/worker/worker.hpp>
#include <string>
#include <vector>

using namespace steward::worker;

// Params as a struct: the same from JSON, msgpack and PHP.
struct Order {
    std::string customer;
    std::vector<int> items;
    MSGPACK_DEFINE_MAP(customer, items)
};

class Billing : public Worker {
public:
    explicit Billing(std::string file) : file_(std::move(file)) {}

    Answer work(const Job& job) override {
        const auto order = job.params<Order>();  // other params fail the job for good
        if (order.items.empty()) {
            return fail_for_good("an order needs items");  // never tried again
        }
        if (!book_.is_open()) {
            book_.open(file_, std::ios::app);
        }
        int sum = 0;
        for (std::size_t done = 0; done < order.items.size(); ++done) {
            if (job.stop_requested()) {
                return fail("stopped");  // nobody waits for it any more
            }
            sum += order.items[done];
            job.partial(sum);                                     // a client that streams sees it
            job.progress(done + 1, order.items.size(), "items");  // a status question sees it
        }
        book_ << order.customer << ' ' << sum << std::endl;
        if (!book_) {
            return fail("the book cannot be written");  // tried again, later
        }
        const auto mail = job.submit("mail", nlohmann::json{{"to", order.customer}});
        if (!mail) {
            return fail(mail.error().message);
        }
        return nlohmann::json{{"sum", sum}, {"mail", mail->text()}};
    }

    void idle() override { book_.close(); }

private:
    std::string file_;
    std::ofstream book_;
};

int main(int argc, char** argv) {
    return Program(argc, argv)
        .serve<Billing>("bill", "book.txt")
        .serve("ping", [](const Job&) { return "pong"; })
        .serve("forget", [](const Job&) { return Answer::ok(); })
        .run();
}
