// common/model: every bound of the system, in one place. What grows from outside input is held to
// one of these, and each has an answer when it is reached (named at the place that enforces it).
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/base/time.hpp"

namespace steward::model {

/// Bounds of one message, checked before its content is looked at.
inline constexpr std::size_t kFramesPerMessageMax = 1024;
/// What clients and workers take from a broker as one message, and the journal as one commit.
inline constexpr std::size_t kBrokersMessageBytesMax = 256UL << 20U;
/// What `message_bytes_max` may be set to, so that whatever a broker was given fits in there again:
/// a batch may have a mebibyte before the last payload, and another is left for what a job has in
/// another form there (16,384 ids in its `after` are 384 KiB).
inline constexpr std::size_t kMessageBytesMost = kBrokersMessageBytesMax - (2UL << 20U);
inline constexpr std::size_t kRoutingIdBytesMax = 255;  // ZeroMQ's own bound
inline constexpr std::size_t kNameBytesMax = 255;       // service and library names
inline constexpr std::size_t kTextBytesMax = 4096;      // failure texts, progress texts
inline constexpr std::size_t kMetaEntriesMax = 64;
inline constexpr std::size_t kMetaBytesMax = 8192;
inline constexpr std::size_t kOptionFrameBytesMax = 512UL << 10U;  // kAfterMax ids as JSON
inline constexpr std::size_t kCommandsPerBatchMax = 65536;
inline constexpr std::size_t kParamsDepthMax = 128;  // nesting of JSON, msgpack and PHP params
inline constexpr std::size_t kServicesPerWorkerMax = 16384;  // times its channels
inline constexpr std::size_t kChannelsPerWorkerMax = 64;
inline constexpr std::size_t kAfterMax = 16384;  // jobs that one job waits for
inline constexpr std::uint32_t kGroupWeightMax = 1000;
inline constexpr std::size_t kFilterJobsMax = 16384;         // jobs named in one request
inline constexpr std::size_t kServicesPerRequestMax = 4096;  // services named in one request
inline constexpr std::uint32_t kAtOnceMax = 1'000'000;       // of a group or named limit
inline constexpr std::size_t kExpressionBytesMax = 1024;     // of a schedule
inline constexpr std::size_t kMissedRunsMax = 1000;          // of one schedule, made up for at once
inline constexpr std::size_t kRunningPerReadyMax = 4096;     // (job, attempt) pairs in one READY
/// Of backlog_bytes_max: a quarter is for what transports have been handed and not got rid of, half
/// of that for large messages.
inline constexpr std::size_t kTransportShare = 4;
/// Ten years: the longest duration a peer may give, so that no sum of instants can overflow.
inline constexpr base::Duration kDurationMax = std::chrono::hours{24 * 3650};

/// Bounds of one broker; all can be set in the configuration.
struct Limits {
    std::size_t message_bytes_max = 64UL << 20U;  // one whole message, all frames
    std::size_t jobs_max = 20'000'000;            // jobs waiting or running
    std::size_t jobs_per_service_max = 20'000'000;
    std::size_t payload_bytes_total_max = 8UL << 30U;  // params of all jobs together
    std::size_t services_max = 100'000;
    std::size_t workers_max = 100'000;
    std::size_t peers_max = 200'000;                    // routing ids remembered
    std::size_t sessions_max = 100'000;                 // clients whose resends are recognised
    std::size_t in_flight_max = 65'536;                 // unacknowledged submissions of one client
    std::size_t history_jobs_max = 100;                 // finished jobs that SERVER-HIST shows
    std::size_t report_rows_max = 10'000;               // rows of one listing
    std::size_t held_results_bytes_max = 256UL << 20U;  // results kept until their client has them
    std::size_t peer_backlog_bytes_max = 64UL << 20U;   // queued for a peer that reads slowly
    std::size_t backlog_bytes_max = 1UL << 30U;         // the same, for all peers together
    std::size_t news_backlog_bytes_max = 256UL << 20U;  // news that readers have not read
    std::size_t news_topics_max = 10'000;               // that readers of news ask for
    std::size_t event_params_bytes_max = 16UL << 20U;   // params that an event shows
    std::size_t credit_max = 4096;                      // jobs one worker may hold
    std::size_t ahead_bytes_max = 8UL << 20U;           // params a worker holds, for more ahead
    std::size_t results_max = 1'000'000;                // ended jobs that can be fetched by id
    std::size_t results_bytes_max = 256UL << 20U;       // the same, what they weigh
    std::size_t dead_letters_max = 1'000'000;           // the oldest is discarded
    std::size_t groups_max = 1'000'000;
    std::size_t limits_max = 1'000;  // named limits
    std::size_t schedules_max = 10'000;
    std::size_t batches_max = 100'000;
    std::size_t waiters_max = 1'000'000;                 // requests that wait for a result
    std::size_t waiters_per_job_max = 10'000;            // the same, of one job
    std::size_t parts_per_job_max = 64;                  // kept of a background job
    std::size_t parts_bytes_per_job_max = 256UL << 10U;  // the same, what they weigh
    std::size_t parts_bytes_max = 64UL << 20U;           // the same, of all jobs together
    std::size_t parts_jobs_max = 10'000;                 // ended jobs whose parts are kept a while
    std::size_t dependents_max = 10'000'000;             // ids in the `after` of all jobs together
    std::size_t resident_jobs_max = 50'000;  // in memory, before long queues are stored or packed
    std::size_t scan_jobs_max = 65'536;      // jobs one step of a listing or bulk request visits

    bool operator==(const Limits&) const = default;
};

}  // namespace steward::model
