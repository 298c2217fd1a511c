// gateway/http: one connection: takes requests out of what comes, has them answered, in their
// order. Private to this folder.
#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/http/answer_text.hpp"
#include "gateway/http/body_account.hpp"
#include "gateway/http/deadline.hpp"
#include "gateway/http/request_reader.hpp"
#include "gateway/http/site.hpp"
#include "gateway/http/wire.hpp"

namespace steward::gateway {

class Turn;

/// Whatever happens, advance() does what can be done then: it begins the requests that are there,
/// writes the answers that are due, and reads on when nothing is left to do.
///
/// Three rules beside that. A peer that is slow with a request's head or body is cut off in time.
/// One whose request cannot be understood hears why before it is: what it still sends is read and
/// thrown away for a moment, for a close in the middle of that would take the answer with it
/// (RFC 9112, 9.6). And one that leaves while it is owed an answer is forgotten: what it asked for
/// goes on, and nobody is told the end. One that only sends no more is no such: it gets its answers
/// and is closed then.
class Connection : public Guest,
                   public Wire::User,
                   public std::enable_shared_from_this<Connection> {
public:
    Connection(std::shared_ptr<Site> site,
               std::unique_ptr<Wire> wire,
               std::string remote,
               const Socket::executor_type& executor);
    ~Connection() override;

    void start();
    void leave() override;

    // ---- of a Turn ----
    void answer(const Turn& turn, Response&& response);
    void stream(const Turn& turn, Response&& head, const Exchange::MakeListener& make);
    void upgrade(const Turn& turn, Exchange::MakeListener make);

    /// Nothing may be begun any more.
    [[nodiscard]] bool is_over() const { return site_->is_over; }

private:
    /// An answer's place among those before and behind it.
    struct Place {
        std::uint64_t number = 0;
        Manners manners;
        bool is_safe = false;
        bool is_ready = false;
        std::string head;                  // once it is ready
        base::Blob body;                   // likewise
        std::function<void()> takes_over;  // instead of both: goes on with the wire
        BodyAccount account;               // of its request
    };

    enum class Awaits : std::uint8_t { Nothing, Request, Head, Body };

    void on_open(const error_code& error) override;
    void on_read(const error_code& error, std::size_t bytes) override;
    void on_written(const error_code& error) override;
    void on_half_closed() override;
    void on_gone() override;
    void on_deadline();
    void ask_whether_there();
    void lose();
    [[nodiscard]] bool is_owed() const;

    void advance();
    void advance_soon();

    // ---- requests: connection_requests.cpp ----
    bool take_request();
    void pass_over_empty_lines();
    bool read_request();
    bool is_welcome();
    bool has_room();
    [[nodiscard]] bool may_begin() const;
    void begin();
    void await(Awaits what);
    void refuse(const error_code& error);
    void refuse(unsigned status, std::string_view detail);

    // ---- answers: connection_answers.cpp ----
    [[nodiscard]] Place& place_of(std::uint64_t number);
    void take_over(std::uint64_t number, std::function<void()> go_on);
    void tell_served(const Turn& turn, unsigned status, std::size_t body_bytes);
    bool write_answers();
    void collect();
    bool write();
    void wrote();

    void end();
    void linger();
    void close();
    void forget();

    std::shared_ptr<Site> site_;
    std::unique_ptr<Wire> wire_;
    Socket::executor_type executor_;
    Deadline deadline_;
    beast::flat_buffer buffer_;            // what has come and was not taken
    std::optional<RequestReader> reader_;  // of the request that is coming
    BodyAccount account_;                  // of that request
    std::vector<Place> places_;            // of requests that were begun, in order
    std::uint64_t next_number_ = 0;
    std::string text_;  // to be written, or being written
    base::Blob body_;   // behind it
    std::string remote_;
    std::size_t lingered_ = 0;
    Awaits awaits_ = Awaits::Nothing;
    bool is_last_ = false;  // no request is taken any more
    bool is_reading_ = false;
    bool is_writing_ = false;
    bool is_advancing_ = false;
    bool will_advance_ = false;
    bool is_ended_ = false;
    bool has_moved_ = false;     // the wire went on as something else
    bool has_asked_ = false;     // whether anybody is there
    bool is_forgotten_ = false;  // the peer left before its answer
};

}  // namespace steward::gateway
