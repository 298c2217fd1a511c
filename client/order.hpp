// client: what a user's thread hands to the I/O thread, and what it gets back. Inside the library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <variant>

#include "client/answer.hpp"
#include "client/open_requests.hpp"
#include "common/base/blob.hpp"
#include "common/base/expected.hpp"
#include "common/base/time.hpp"
#include "common/model/job.hpp"
#include "common/wire/native_packed.hpp"

namespace steward::client {

/// The broker has the job. The end of an await: the job still goes on.
struct Taken {
    model::JobId job;
    bool is_duplicate = false;
};

/// The job has ended: with an answer, or why there is none.
struct Ended {
    model::JobId job;
    base::Expected<Answer> answer;
};

/// How an order ended; a query or an operation with JSON. An error: the request itself has failed.
using End = base::Expected<std::variant<Taken, Ended, base::Blob>>;

/// Who gave an order. All calls come from the thread that serves the connection.
class Receiver {
public:
    Receiver() = default;
    Receiver(const Receiver&) = delete;
    Receiver& operator=(const Receiver&) = delete;
    virtual ~Receiver() = default;

    /// False: its giver blocks and may serve the connection for it. True: he does not, or user code
    /// is called, which only the I/O thread may.
    [[nodiscard]] virtual bool needs_io_thread() const { return true; }

    /// False: the receiver has no room for more; the order is ended with an error.
    virtual bool on_partial(Answer&& part) = 0;
    virtual void on_progress(Progress&& progress) = 0;
    /// Comes exactly once for each order that was queued. The receiver may be gone afterwards.
    virtual void on_end(std::size_t index, End&& end) = 0;

    /// The same of the end that nearly all orders have.
    virtual void on_taken(std::size_t index, const Taken& taken) { on_end(index, End(taken)); }
};

struct OrderBlock;

/// One request on its way, from its giver to its end. The giver's bytes of the job are copied when
/// it is queued.
struct Order {
    wire::native::PackedJob job;
    std::unique_ptr<Question> question;  // set: job does not count
    base::MonoTime deadline{};
    Receiver* receiver = nullptr;
    std::size_t index = 0;  // which of the receiver's orders this is
    /// Who is told without a receiver: of a submission alone.
    std::function<void(base::Expected<model::JobId>)> done;

    [[nodiscard]] bool needs_io_thread() const {
        return receiver == nullptr || receiver->needs_io_thread();
    }

    OrderBlock* block = nullptr;  // that it lies in; see OrderStore
    std::uint32_t last_of = 0;    // the last one of its block: how many there are
};

}  // namespace steward::client
