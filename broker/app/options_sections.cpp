// broker/app: the sections of the configuration. One entry is all there is to a setting: parsing,
// range, help and the manual's page follow from it.
#include <limits>

#include "broker/app/options_parts.hpp"

namespace steward::app {
namespace {

using config::Field;
using config::Section;

constexpr std::uint64_t kPortMax = std::numeric_limits<std::uint16_t>::max();

// A field of a number or duration that takes effect on a reload.
Field live(
    std::string key, config::Target target, std::uint64_t min, std::uint64_t max, std::string doc) {
    return {.key = std::move(key),
            .target = target,
            .doc = std::move(doc),
            .is_reloadable = true,
            .min = min,
            .max = max};
}

// The field writes through `target`.
Field live_size(std::string key,
                std::size_t* target,  // NOLINT(readability-non-const-parameter)
                std::uint64_t min,
                std::uint64_t max,
                std::string doc) {
    Field field = live(std::move(key), target, min, max, std::move(doc));
    field.is_size = true;
    return field;
}

std::vector<Field> place_fields(BrokerOptions& o) {
    return {
        {.key = "id",
         .target = &o.policy.broker_id,
         .doc = "Part of every job id: brokers that share clients need different numbers.",
         .max = kPortMax},
        {.key = "bind",
         .target = &o.bind,
         .doc = "The address to listen on. `0.0.0.0` is every IPv4 interface. Off loopback a "
                "key is needed: see `security`.",
         .min = 1,
         .max = 255,
         .check = &check_word},
        {.key = "client_port",
         .target = &o.client_port,
         .doc = "Where clients connect. 0 is any free port; the ready line tells which.",
         .max = kPortMax},
        {.key = "worker_port",
         .target = &o.worker_port,
         .doc = "Where workers connect.",
         .max = kPortMax},
        {.key = "news_port",
         .target = &o.news_port,
         .doc = "Where the changes of jobs are published.",
         .max = kPortMax},
        {.key = "data_dir",
         .target = &o.data_dir,
         .doc = "The folder for everything the broker writes. It is made when it is missing.",
         .min = 1,
         .max = kPathBytesMax},
        {.key = "log_level",
         .target = &o.log_level,
         .doc =
             "What the log tells: `error`, `warning`, `info` or `debug`, or their first letters.",
         .is_reloadable = true,
         .min = 1,
         .max = 16,
         .check = &check_level},
        {.key = "log_file",
         .target = &o.log_file,
         .doc = "Where the log goes; empty is standard error.",
         .max = kPathBytesMax},
        {.key = "io_threads",
         .target = &o.io_threads,
         .doc = "Threads in which libzmq moves bytes. One moves about a gigabyte a second.",
         .min = 1,
         .max = 64},
        {.key = "local_streams",
         .target = &o.local_streams,
         .doc =
             "Serve clients and workers on this machine, which find that by themselves, over local "
             "stream sockets: quicker than ZeroMQ. Others are served as ever."},
        {.key = "zmtp_in_loop",
         .target = &o.zmtp_in_loop,
         .doc = "Serve ZeroMQ's peers in the broker's own loop: quicker than libzmq, whose threads "
                "hand each message over. Off, or with keys, libzmq serves them, which pays where "
                "peers on other machines keep several processors busy: see `io_threads`."},
        {.key = "admin_secret_file",
         .target = &o.admin_secret_file,
         .doc = "A file with the secret that lets `steward check` see all and `steward shutdown` "
                "stop the broker. Empty: the one of `STEWARD_ADMIN_SECRET_FILE` or of systemd's "
                "credential `steward-admin-secret`, where there is one.",
         .max = kPathBytesMax},
    };
}

// One table, as long as there are settings. NOLINTNEXTLINE(readability-function-size)
std::vector<Field> policy_fields(BrokerOptions& o) {
    core::Policy& p = o.policy;
    return {
        live("heartbeat_interval",
             &p.heartbeat_interval,
             10 * kMillisecond,
             kHour,
             "How often peers show that they live. Also `HEARTBEAT_INTERVAL` in the environment, "
             "in seconds."),
        live("heartbeat_maxtries",
             &p.heartbeat_tries,
             1,
             1'000,
             "Intervals without a sign before a peer is dead. Also `HEARTBEAT_MAXTRIES` in the "
             "environment."),
        live("settle",
             &p.settle,
             0,
             kHour,
             "After a start: how long submissions that were sent again, and services not yet "
             "announced, wait for those who come back."),
        live("unknown_service_hold",
             &p.unknown_service_hold,
             0,
             365 * kDay,
             "How long a Majordomo request waits for a service nobody has announced."),
        live("ahead",
             &p.ahead,
             0,
             kHour,
             "Work, in measured run time, that a worker is given ahead of time. 0s: none."),
        live("time_limit",
             &p.time_limit,
             kMillisecond,
             365 * kDay,
             "How long one attempt may run, when the job does not say."),
        live("stop_grace",
             &p.stop_grace,
             0,
             kHour,
             "Between telling an overdue attempt to stop and giving it up."),
        live("max_attempts_async",
             &p.max_attempts_async,
             1,
             1'000'000,
             "Attempts before an asynchronous job is dead, when the job does not say."),
        live("max_attempts_sync",
             &p.max_attempts_sync,
             1,
             1'000'000,
             "Attempts before a synchronous job has failed, when the job does not say."),
        live("max_losses",
             &p.max_losses,
             1,
             1'000'000,
             "Workers a job may lose before it is dead: what kills its workers must not go round "
             "for ever."),
        live("backoff_first",
             &p.backoff_first,
             kMillisecond,
             365 * kDay,
             "Pause before the second attempt. It doubles with each further one."),
        live("backoff_max", &p.backoff_max, kMillisecond, 365 * kDay, "The longest such pause."),
        live("session_idle",
             &p.session_idle,
             kSecond,
             365 * kDay,
             "How long after its last sign a client's resends are recognised."),
        live("result_ttl",
             &p.result_ttl,
             0,
             kDurationMax,
             "How long an asynchronous job's result can be fetched, when the job does not say."),
        live("parts_ttl",
             &p.parts_ttl,
             0,
             kDay,
             "How long after its end a background job's parts and last progress are told to who "
             "asks for its result and follows; never longer than the result is kept."),
        live("drain_limit",
             &p.drain_limit,
             0,
             kDay,
             "How long a broker that was told to end goes on working on what it has."),
    };
}

std::vector<Field> line_log_settings(LineLogSettings& log) {
    return {{.key = "enabled", .target = &log.enabled, .doc = "Whether it is kept."},
            {.key = "file",
             .target = &log.file,
             .doc = "Its newest file, within `broker.data_dir` unless it begins with `/`.",
             .min = 1,
             .max = kPathBytesMax},
            {.key = "bytes_max",
             .target = &log.bytes_max,
             .doc = "Where one file ends and the next begins.",
             .is_size = true,
             .min = kKiB,
             .max = kKiB * kGiB},
            {.key = "files",
             .target = &log.files,
             .doc = "Files kept, the newest included; the oldest is removed.",
             .min = 1,
             .max = 1'000}};
}

}  // namespace

Section broker_section(BrokerOptions& options) {
    Section broker{"broker", "Where the broker listens and how it treats jobs and peers.", {}};
    broker.fields = place_fields(options);
    for (Field& field : policy_fields(options)) {
        broker.fields.push_back(std::move(field));
    }
    return broker;
}

Section security_section(BrokerOptions& o) {
    return {"security",
            "Who may connect (docs/security.md). Without a key everybody who reaches the ports may "
            "do everything.",
            {{.key = "key_file",
              .target = &o.key_file,
              .doc = "The broker's secret key, made by `steward keygen`, mode 0600; or "
                     "`credential:NAME` for one that systemd hands over. With it each connection "
                     "is encrypted and must show a key that is known.",
              .max = kPathBytesMax},
             {.key = "clients_directory",
              .target = &o.clients_directory,
              .doc = "The folder of those who may connect: a file NAME.pub each. It is read again "
                     "on a reload; whose file is gone is cut off.",
              .max = kPathBytesMax},
             {.key = "insecure",
              .target = &o.insecure,
              .doc = "Listen on other addresses than loopback without any key. The log says so at "
                     "every start."},
             {.key = "handshake_timeout",
              .target = &o.handshake_timeout,
              .doc = "Who connects and has not shaken hands by then is cut off.",
              .min = 100 * kMillisecond,
              .max = kHour},
             {.key = "backlog",
              .target = &o.backlog,
              .doc = "Connections that wait to be accepted, at each port; the system's own bound "
                     "(net.core.somaxconn) counts, too.",
              .min = 1,
              .max = 65'535}}};
}

// One table, as long as there are limits. NOLINTNEXTLINE(readability-function-size)
Section limits_section(model::Limits& l) {
    return {
        "limits",
        "What may gather at most. At a limit the one who asks for more is refused with a clear "
        "error, and memory stays where it is.",
        {{.key = "message_bytes_max",
          .target = &l.message_bytes_max,
          .doc = "One whole message. Who sends a larger frame is disconnected. Clients and workers "
                 "take 256MiB from a broker, and the journal as much for a job; the rest is for "
                 "what is put around it.",
          .is_size = true,
          .min = kKiB,
          .max = model::kMessageBytesMost},
         live("jobs_max", &l.jobs_max, 1, kBillion, "Jobs waiting or running."),
         live("jobs_per_service_max",
              &l.jobs_per_service_max,
              1,
              kBillion,
              "The same of one service."),
         live_size("payload_bytes_total_max",
                   &l.payload_bytes_total_max,
                   kKiB,
                   kKiB * kGiB,
                   "Params of all jobs together."),
         live("services_max",
              &l.services_max,
              1,
              kBillion,
              "Services known. At the limit a new one takes the place of the one whose last worker "
              "left "
              "longest ago, of those without jobs and settings."),
         live("workers_max", &l.workers_max, 1, kBillion, "Workers registered."),
         live("peers_max",
              &l.peers_max,
              1,
              kBillion,
              "Connections remembered, and those at each of the two ports at once; one more is "
              "closed."),
         live(
             "sessions_max", &l.sessions_max, 1, kBillion, "Clients whose resends are recognised."),
         live("in_flight_max",
              &l.in_flight_max,
              1,
              kBillion,
              "Submissions of one client that wait for their answer."),
         live("history_jobs_max",
              &l.history_jobs_max,
              0,
              1'000'000,
              "Finished jobs that can still be asked for."),
         live("report_rows_max", &l.report_rows_max, 1, 1'000'000, "Rows of one listing."),
         live_size("held_results_bytes_max",
                   &l.held_results_bytes_max,
                   kKiB,
                   kKiB * kGiB,
                   "Results kept until their client has them."),
         live_size("peer_backlog_bytes_max",
                   &l.peer_backlog_bytes_max,
                   kKiB,
                   kKiB * kGiB,
                   "What waits for one peer that reads slowly; past it the peer is dropped."),
         live_size("backlog_bytes_max",
                   &l.backlog_bytes_max,
                   kMiB,
                   kKiB * kGiB,
                   "The same, for all peers together; past it those are dropped that have not "
                   "moved for longest. A quarter of it is for what ZeroMQ or the local stream has "
                   "been handed."),
         live_size("event_params_bytes_max",
                   &l.event_params_bytes_max,
                   0,
                   model::kBrokersMessageBytesMax,
                   "Params of a job that the lifecycle log and the news show; of a larger one they "
                   "tell the size, and it cannot be submitted again from the log."),
         live_size("news_backlog_bytes_max",
                   &l.news_backlog_bytes_max,
                   kMiB,
                   kKiB * kGiB,
                   "News that their readers have not read, of all readers together; past it the "
                   "news are opened anew, and all readers connect again."),
         live("news_topics_max",
              &l.news_topics_max,
              1,
              kBillion,
              "Topics that readers of news ask for; past it likewise."),
         live("credit_max", &l.credit_max, 1, 1'000'000, "Jobs that one worker may hold."),
         live_size(
             "ahead_bytes_max",
             &l.ahead_bytes_max,
             0,
             kKiB * kGiB,
             "A worker whose jobs' params weigh as much is given no further job ahead; 256 KiB for "
             "each that it runs at once are enough where they have 4 KiB or less on the average."),
         live("results_max",
              &l.results_max,
              0,
              kBillion,
              "Ended jobs whose results can be fetched by id; the oldest is dropped."),
         live_size("results_bytes_max",
                   &l.results_bytes_max,
                   0,
                   kKiB * kGiB,
                   "The same, what they weigh."),
         live("dead_letters_max",
              &l.dead_letters_max,
              0,
              kBillion,
              "Dead letters; the oldest is discarded."),
         live("groups_max", &l.groups_max, 1, kBillion, "Groups that jobs name or that are set."),
         live("limits_max", &l.limits_max, 0, 100'000, "Named limits."),
         live("schedules_max", &l.schedules_max, 0, 1'000'000, "Schedules."),
         live("batches_max", &l.batches_max, 0, kBillion, "Batches that are open or remembered."),
         live("waiters_max", &l.waiters_max, 0, kBillion, "Requests that wait for a result."),
         live("waiters_per_job_max", &l.waiters_per_job_max, 0, kBillion, "The same, of one job."),
         live("parts_per_job_max",
              &l.parts_per_job_max,
              0,
              kBillion,
              "Parts of the answer of a background job that are kept for who follows it later; the "
              "oldest go first."),
         live_size("parts_bytes_per_job_max",
                   &l.parts_bytes_per_job_max,
                   0,
                   kKiB * kGiB,
                   "The same, what they weigh."),
         live_size(
             "parts_bytes_max",
             &l.parts_bytes_max,
             0,
             kKiB * kGiB,
             "The same, of all jobs together; those of jobs that have ended go first, then the "
             "job's own oldest, and then no more are kept."),
         live("parts_jobs_max",
              &l.parts_jobs_max,
              0,
              kBillion,
              "Jobs that have ended and whose parts are kept (broker.parts_ttl); the first to have "
              "ended goes first."),
         live("dependents_max",
              &l.dependents_max,
              0,
              kBillion,
              "Ids in the `after` of all jobs together."),
         live("resident_jobs_max",
              &l.resident_jobs_max,
              0,
              kBillion,
              "Jobs in memory before long queues go to the journal's disk or are packed."),
         live("scan_jobs_max",
              &l.scan_jobs_max,
              1,
              kBillion,
              "Jobs that one step of a listing or of a request for many jobs looks at.")}};
}

Section lifecycle_section(BrokerOptions& o) {
    Section section = {
        "lifecycle",
        "The lifecycle log: one JSON line for every change of a job. From it can be resubmitted "
        "what never finished.",
        line_log_settings(o.lifecycle)};
    section.fields.push_back(
        {.key = "events",
         .target = &o.lifecycle_events,
         .doc = "Which events it has, by name; `all` is every one, and a name behind `-` is left "
                "out again. RECEIVED and the ends are needed to submit again what never finished.",
         .is_reloadable = true,
         .min = 1,
         .max = 64,
         .check = &check_event});
    return section;
}

Section audit_section(BrokerOptions& o) {
    return {
        "audit",
        "The audit log: one JSON line for what a key was refused and for what operators did. What "
        "comes again within ten seconds is one more line with its number.",
        line_log_settings(o.audit)};
}

}  // namespace steward::app
