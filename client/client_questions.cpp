// client: the members of Client that ask the broker, wait for jobs and change what is there.
#include <algorithm>
#include <utility>

#include "client/client.hpp"
#include "client/ends.hpp"
#include "client/orders.hpp"
#include "client/promises.hpp"
#include "common/model/limits.hpp"
#include "common/posix/clock.hpp"

namespace steward::client {

namespace {

using nlohmann::json;

Query named(std::string_view what, std::string_view service, std::optional<JobId> job) {
    Query query;
    query.what = what;
    query.which.service = service;
    if (job) {
        query.which.jobs.push_back(*job);
    }
    return query;
}

// {"changed": n} and, when the broker has not looked at all jobs yet, {"next": cursor}.
struct Changed {
    std::uint64_t count = 0;
    std::uint64_t next = 0;
};

Expected<Changed> changed_of(const json& report) {
    Changed changed;
    const auto read = [&](const char* name, std::uint64_t& number) {
        const auto found = report.find(name);
        if (found == report.end()) {
            return true;
        }
        if (!found->is_number_unsigned()) {
            return false;
        }
        number = found->get<std::uint64_t>();
        return true;
    };
    if (!report.is_object() || !read("changed", changed.count) || !read("next", changed.next)) {
        return base::fail(Errc::Malformed, "the broker's report does not say what was changed");
    }
    return changed;
}

Filter only(const JobId& job) {
    Filter which;
    which.jobs = {job};
    return which;
}

// Of an await for which the client's own time ran out before the broker's word came: an error that
// names the job, as that word does.
End about(const JobId& job, End&& end) {
    if (!end && end.error().code == Errc::Timeout) {
        return base::fail(Errc::Timeout, "no word of the job " + job.text() + " came in time");
    }
    return std::move(end);
}

}  // namespace

// ---- asking ----

Expected<json> Client::ask(const Query& query, base::Duration timeout) {
    const auto loop = running();
    if (!loop) {
        return base::Unexpected(loop.error());
    }
    auto order = query_order(query);
    if (!order) {
        return base::Unexpected(std::move(order.error()));
    }
    order->deadline = deadline(timeout);
    return report_of(wait_for(**loop, std::move(*order))).and_then(parse_report);
}

Expected<json> Client::query(std::string_view what,
                             std::string_view service,
                             std::optional<JobId> job) {
    return ask(named(what, service, job), {});
}

Expected<json> Client::query(const Query& query) {
    return ask(query, {});
}

Expected<json> Client::status(const JobId& job) {
    return ask(named("status", {}, job), {});
}

Expected<json> Client::why(const JobId& job) {
    return ask(named("why", {}, job), {});
}

Expected<base::Duration> Client::ping(base::Duration timeout) {
    // What any key may ask and costs nothing: a list of the jobs with an id that none has.
    const base::MonoTime start = posix::read_mono();
    return ask(named("list", {}, JobId{}), timeout).map([&](const json&) {
        return posix::read_mono() - start;
    });
}

Pages Client::list(Filter which, std::uint32_t rows_a_page) {
    return pages({"list", std::move(which), 0, rows_a_page});
}

Pages Client::pages(Query query) {
    return {*this, std::move(query)};
}

Expected<std::optional<json>> Pages::next() {
    if (is_done_) {
        return std::optional<json>();
    }
    auto page = client_->query(query_);
    if (!page) {
        return base::Unexpected(std::move(page.error()));
    }
    const auto rows = page->is_object() ? page->find("rows") : page->end();
    if (rows == page->end() || !rows->is_array()) {
        return base::fail(Errc::Malformed,
                          "the broker's answer to " + query_.what + " has no rows");
    }
    const auto next = page->find("next");
    query_.after = next != page->end() && next->is_number_unsigned() ? next->get<std::uint64_t>()
                                                                     : std::uint64_t{0};
    is_done_ = query_.after == 0;
    return std::optional<json>(std::move(*rows));
}

// ---- results ----

Expected<Answer> Client::wait(const JobId& job, base::Duration timeout) {
    const auto loop = running();
    if (!loop) {
        return base::Unexpected(loop.error());
    }
    Order order = await_order(job, timeout_or_default(timeout));
    order.deadline = deadline(timeout);
    return answer_of(about(job, wait_for(**loop, std::move(order))));
}

Expected<Answer> Client::follow(const JobId& job,
                                base::Duration timeout,
                                OnPartial on_partial,
                                OnProgress on_progress) {
    const auto loop = running();
    if (!loop) {
        return base::Unexpected(loop.error());
    }
    Order order = await_order(job, timeout_or_default(timeout), true);
    order.deadline = deadline(timeout);
    CallOptions options;
    options.on_partial = std::move(on_partial);
    options.on_progress = std::move(on_progress);
    return answer_of(about(job, wait_for(**loop, std::move(order), options)));
}

Expected<std::optional<Answer>> Client::result(const JobId& job) {
    const auto loop = running();
    if (!loop) {
        return base::Unexpected(loop.error());
    }
    Order order = await_order(job, {});
    order.deadline = deadline({});
    return answer_so_far(about(job, wait_for(**loop, std::move(order))));
}

// ---- changing ----

Expected<json> Client::operate(std::string_view verb, const json& arguments) {
    const auto loop = running();
    if (!loop) {
        return base::Unexpected(loop.error());
    }
    auto order = operate_order(verb, arguments);
    if (!order) {
        return base::Unexpected(std::move(order.error()));
    }
    order->deadline = deadline({});
    return report_of(wait_for(**loop, std::move(*order))).and_then(parse_report);
}

Expected<void> Client::operate_once(std::string_view verb, const json& arguments) {
    return operate(verb, arguments).map([](const json&) {});
}

// Step by step: a broker looks at so many jobs at a time, and a request names only so many.
Expected<std::uint64_t> Client::change(std::string_view verb, const Filter& which) {
    std::uint64_t count = 0;
    std::size_t named = 0;
    do {
        Filter part = which;
        const std::size_t end = std::min(which.jobs.size(), named + model::kFilterJobsMax);
        part.jobs.assign(which.jobs.begin() + static_cast<std::ptrdiff_t>(named),
                         which.jobs.begin() + static_cast<std::ptrdiff_t>(end));
        named = end;
        json arguments = arguments_of(part);
        std::uint64_t next = 0;
        do {
            const auto changed = operate(verb, arguments).and_then(changed_of);
            if (!changed) {
                return base::Unexpected(changed.error());
            }
            count += changed->count;
            next = changed->next;
            arguments["from"] = next;
        } while (next != 0);
    } while (named < which.jobs.size());
    return count;
}

Expected<std::uint64_t> Client::cancel(const JobId& job) {
    return change("cancel", only(job));
}

Expected<std::uint64_t> Client::cancel(const Filter& which) {
    return change("cancel", which);
}

Expected<std::uint64_t> Client::retry(const Filter& which) {
    return change("retry", which);
}

Expected<std::uint64_t> Client::discard(const Filter& which) {
    return change("discard", which);
}

Expected<std::uint64_t> Client::purge(std::string_view service, Filter which) {
    which.service = service;
    return change("purge", which);
}

Expected<void> Client::edit(const JobId& job, const Edit& edit) {
    return operate_once("edit", arguments_of(job, edit));
}

Expected<void> Client::set_modes(std::span<const ModeChange> changes) {
    return operate_once("mode", arguments_of(changes));
}

Expected<void> Client::set_limit(const LimitSettings& limit) {
    return operate_once("limit-set", arguments_of(limit));
}

Expected<void> Client::remove_limit(std::string_view name) {
    return operate_once("limit-remove", {{"limit", name}});
}

Expected<void> Client::set_group(const GroupSettings& group) {
    return operate_once("group-set", arguments_of(group));
}

Expected<void> Client::set_schedule(const ScheduleSettings& schedule) {
    return operate_once("schedule-set", arguments_of(schedule));
}

Expected<void> Client::remove_schedule(std::string_view name) {
    return operate_once("schedule-remove", {{"schedule", name}});
}

Expected<Batch> Client::open_batch(const std::optional<JobText>& then) {
    auto name = new_batch_name();
    if (!name) {
        return base::Unexpected(std::move(name.error()));
    }
    json arguments = {{"batch", *name}};
    if (then) {
        arguments["then"] = arguments_of(*then);
    }
    return operate("batch-open", arguments).map([&](const json&) {
        return Batch(*this, std::move(*name));
    });
}

Batch Client::batch(std::string_view name) {
    return {*this, std::string(name)};
}

// ---- not blocking ----

void Client::wait_async(const JobId& job, base::Duration timeout, CallDone done) {
    const auto loop = running();
    if (!loop) {
        return done(base::Unexpected(loop.error()));
    }
    Order order = await_order(job, timeout_or_default(timeout));
    order.deadline = deadline(timeout);
    auto receiver = std::make_unique<CallbackReceiver>();
    receiver->done = [job, tell = std::move(done)](End&& end) {
        tell(answer_of(about(job, std::move(end))));
    };
    hand_over(**loop, std::move(order), std::move(receiver));
}

void Client::follow_async(const JobId& job,
                          base::Duration timeout,
                          FollowOptions options,
                          CallDone done) {
    const auto loop = running();
    if (!loop) {
        return done(base::Unexpected(loop.error()));
    }
    Order order = await_order(job, timeout_or_default(timeout), true);
    order.deadline = deadline(timeout);
    auto receiver = std::make_unique<CallbackReceiver>();
    receiver->partial = std::move(options.on_partial);
    receiver->progress = std::move(options.on_progress);
    receiver->done = [job, tell = std::move(done)](End&& end) {
        tell(answer_of(about(job, std::move(end))));
    };
    hand_over(**loop, std::move(order), std::move(receiver));
}

void Client::result_async(const JobId& job, ResultDone done) {
    const auto loop = running();
    if (!loop) {
        return done(base::Unexpected(loop.error()));
    }
    Order order = await_order(job, {});
    order.deadline = deadline({});
    auto receiver = std::make_unique<CallbackReceiver>();
    receiver->done = [job, tell = std::move(done)](End&& end) {
        tell(answer_so_far(about(job, std::move(end))));
    };
    hand_over(**loop, std::move(order), std::move(receiver));
}

std::future<Expected<Answer>> Client::wait_async(const JobId& job, base::Duration timeout) {
    auto [future, done] = promise_and_done<Answer>();
    wait_async(job, timeout, std::move(done));
    return std::move(future);
}

void Client::report_async(Expected<Order> order, QueryDone done) {
    const auto loop = running();
    if (!loop || !order) {
        return done(base::Unexpected(loop ? order.error() : loop.error()));
    }
    order->deadline = deadline({});
    auto receiver = std::make_unique<CallbackReceiver>();
    receiver->done = [tell = std::move(done)](End&& end) {
        tell(report_of(std::move(end)).and_then(parse_report));
    };
    hand_over(**loop, std::move(*order), std::move(receiver));
}

void Client::query_async(std::string_view what,
                         std::string_view service,
                         std::optional<JobId> job,
                         QueryDone done) {
    query_async(named(what, service, job), std::move(done));
}

void Client::query_async(const Query& query, QueryDone done) {
    report_async(query_order(query), std::move(done));
}

void Client::operate_async(std::string_view verb, const json& arguments, QueryDone done) {
    report_async(operate_order(verb, arguments), std::move(done));
}

}  // namespace steward::client
