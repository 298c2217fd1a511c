// bench: the journal beside RocksDB, the same jobs in the same run: groups of jobs are put with one
// sync each, and deleted when so many groups have come behind them. What is left is read back and
// counted. Only built where RocksDB is installed (Debian: librocksdb-dev).
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <poll.h>
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>
#include <set>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <vector>

#include "bench/figures.hpp"
#include "bench/running_broker.hpp"
#include "bench/series.hpp"
#include "broker/store/disk_journal.hpp"
#include "broker/store/fork_checkpointer.hpp"
#include "broker/store/posix_disk.hpp"
#include "common/base/prng.hpp"

namespace {

using namespace steward;
using namespace steward::bench;

constexpr std::size_t kJobs = 1'000'000;
constexpr std::size_t kPayloadBytes = 100;
constexpr std::size_t kGroupsAlive = 20;  // between a job's put and its delete
// Of both: RocksDB's write buffer, and the log before a checkpoint.
constexpr std::uint64_t kBytesBeforeWork = 64UL << 20U;

using Number = std::uint64_t;

// Big-endian, so that the keys' order is the jobs'.
std::string key_of(Number number) {
    std::string key(sizeof number, '\0');
    for (std::size_t i = key.size(); i-- > 0; number >>= 8U) {
        key[i] = static_cast<char>(number & 0xFFU);
    }
    return key;
}

/// Bytes that cannot be compressed, no two neighbours from the same place.
std::string_view payload_of(Number number) {
    static const std::string pool = [] {
        base::Prng random(1);
        std::string bytes(1UL << 20U, '\0');
        for (char& byte : bytes) {
            byte = static_cast<char>(random.below(256));
        }
        return bytes;
    }();
    return std::string_view(pool).substr(number * 101 % (pool.size() - kPayloadBytes),
                                         kPayloadBytes);
}

/// Where jobs are kept.
class Store {
public:
    Store() = default;
    virtual ~Store() = default;
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    /// Puts the jobs from `first` on and deletes those from `gone` on, safe when it returns.
    virtual void put_group(Number first, std::size_t count) = 0;
    virtual void delete_group(Number gone, std::size_t count) = 0;
    virtual void sync_group() = 0;
    /// All work that is still to be done.
    virtual void close() = 0;
    /// How many jobs there are after it was closed and opened again.
    [[nodiscard]] virtual std::size_t read_back() = 0;
};

class JournalStore final : public Store {
public:
    explicit JournalStore(const std::string& folder) : folder_(folder) {
        open([](std::string_view) -> base::Expected<void> { return {}; });
    }

    void put_group(Number first, std::size_t count) override {
        for (std::size_t i = 0; i < count; ++i) {
            alive_.push_back(key_of(first + i).append(payload_of(first + i)));
            views_.emplace_back(alive_.back());  // a deque's elements stay where they are
        }
    }

    void delete_group(Number gone, std::size_t count) override {
        for (std::size_t i = 0; i < count; ++i) {
            ends_.push_back(key_of(gone + i));
        }
        alive_.erase(alive_.begin(), alive_.begin() + static_cast<std::ptrdiff_t>(count));
    }

    void sync_group() override {
        views_.insert(views_.end(), ends_.begin(), ends_.end());
        require(journal_->append(views_).has_value(), "the journal refused");
        while (journal_->durable().value() < journal_->last()) {
            pollfd wake{journal_->wakeup_fd(), POLLIN, 0};
            ::poll(&wake, 1, -1);
        }
        views_.clear();
        ends_.clear();
        if (journal_->wants_checkpoint()) {
            const auto begun =
                journal_->checkpoint([this](const store::RecordSink& put) -> base::Expected<void> {
                    for (const std::string& job : alive_) {
                        if (auto taken = put(job); !taken) {
                            return taken;
                        }
                    }
                    return {};
                });
            require(begun.has_value(), "a checkpoint failed");
        }
    }

    void close() override { journal_.reset(); }

    std::size_t read_back() override {
        std::set<std::string, std::less<>> jobs;
        open([&](std::string_view record) -> base::Expected<void> {
            const std::string key(record.substr(0, sizeof(Number)));
            if (record.size() > sizeof(Number)) {
                jobs.insert(key);
            } else {
                jobs.erase(key);
            }
            return {};
        });
        return jobs.size();
    }

private:
    void open(const store::RecordSink& sink) {
        auto disk = store::PosixDisk::open(folder_);
        require(disk.has_value(), "the journal's folder cannot be opened");
        store::DiskJournalOptions options;
        options.checkpoint_bytes_min = kBytesBeforeWork;
        auto journal = store::DiskJournal::open(
            std::move(*disk), std::make_unique<store::ForkCheckpointer>(), options);
        require(journal.has_value() && (*journal)->replay(sink).has_value(),
                "the journal cannot be read");
        journal_ = std::move(*journal);
    }

    std::string folder_;
    std::unique_ptr<store::DiskJournal> journal_;
    std::deque<std::string> alive_;  // what a broker has in memory anyway
    std::vector<std::string> ends_;
    std::vector<std::string_view> views_;
};

class RocksStore final : public Store {
public:
    explicit RocksStore(const std::string& folder) : folder_(folder) { open(); }

    void put_group(Number first, std::size_t count) override {
        for (std::size_t i = 0; i < count; ++i) {
            require(batch_.Put(key_of(first + i), rocksdb::Slice(payload_of(first + i))).ok(),
                    "RocksDB refused");
        }
    }

    void delete_group(Number gone, std::size_t count) override {
        for (std::size_t i = 0; i < count; ++i) {
            require(batch_.Delete(key_of(gone + i)).ok(), "RocksDB refused");
        }
    }

    void sync_group() override {
        rocksdb::WriteOptions options;
        options.sync = true;
        require(db_->Write(options, &batch_).ok(), "RocksDB cannot write");
        batch_.Clear();
    }

    void close() override {
        require(db_->Close().ok(), "RocksDB cannot be closed");
        db_.reset();
    }

    std::size_t read_back() override {
        open();
        std::size_t jobs = 0;
        const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator({}));
        for (at->SeekToFirst(); at->Valid(); at->Next()) {
            ++jobs;
        }
        return jobs;
    }

private:
    void open() {
        rocksdb::Options options;
        options.create_if_missing = true;
        options.write_buffer_size = kBytesBeforeWork;
        rocksdb::DB* db = nullptr;
        require(rocksdb::DB::Open(options, folder_, &db).ok(), "RocksDB cannot be opened");
        db_.reset(db);
    }

    std::string folder_;
    std::unique_ptr<rocksdb::DB> db_;
    rocksdb::WriteBatch batch_;
};

// Of all threads, and of children that have ended.
double cpu_seconds() {
    double sum = 0;
    for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
        rusage usage{};
        ::getrusage(who, &usage);
        for (const timeval& time : {usage.ru_utime, usage.ru_stime}) {
            sum += static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
        }
    }
    return sum;
}

double bytes_in(const std::filesystem::path& folder) {
    double bytes = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        bytes += entry.is_regular_file() ? static_cast<double>(entry.file_size()) : 0;
    }
    return bytes;
}

template <class Kind>
void measure(const char* name, std::size_t group, bool deletes, Series& series) {
    const TemporaryFolder folder;
    Kind store(folder.path / "store");
    const std::size_t groups = kJobs / group;
    const double cpu = cpu_seconds();
    const auto start = Clock::now();
    for (std::size_t i = 0; i < groups; ++i) {
        store.put_group(i * group + 1, group);
        if (deletes && i >= kGroupsAlive) {
            store.delete_group((i - kGroupsAlive) * group + 1, group);
        }
        store.sync_group();
    }
    const double jobs = static_cast<double>(groups * group);
    store.close();
    const std::string what = std::string(deletes ? "put + delete" : "put") + ", groups of " +
                             std::to_string(group) + ": ";
    series.add(what + "CPU us/job", name, (cpu_seconds() - cpu) * 1e6 / jobs);
    series.add(what + "wall us/job", name, seconds_since(start) * 1e6 / jobs);
    series.add(what + "bytes on disk/job", name, bytes_in(folder.path) / jobs);
    require(store.read_back() == (deletes ? kGroupsAlive * group : groups * group),
            "a job was lost, or came back");
    store.close();
}

}  // namespace

int main(int argc, char** argv) {
    const int rounds = argc > 1 ? std::atoi(argv[1]) : 3;
    if (argc > 2 || rounds < 1 || rounds > 100) {
        std::fprintf(stderr, "usage: steward-bench-store [ROUNDS, 1 to 100; default 3]\n");
        return 2;
    }
    Series series;
    for (int round = 0; round < rounds; ++round) {
        for (const bool deletes : {false, true}) {
            for (const std::size_t group : {1'000UL, 5'000UL}) {
                measure<JournalStore>("journal", group, deletes, series);
                measure<RocksStore>("RocksDB", group, deletes, series);
            }
        }
        std::fprintf(stderr, "round %d of %d\n", round + 1, rounds);
    }
    std::printf("%zu jobs of %zu bytes, one sync a group, deleted %zu groups later, %d rounds\n",
                kJobs,
                kPayloadBytes,
                kGroupsAlive,
                rounds);
    series.print();
    return 0;
}
