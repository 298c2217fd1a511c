// tests/sim: checkpoints in steps.
#include "tests/sim/slow_checkpointer.hpp"

#include <any>

#include "broker/store/log_files.hpp"

namespace steward::sim {

class Rerun final : public store::Disk {
public:
    explicit Rerun(store::Disk& disk) : disk_(disk) {}

    void begin() {
        place_ = 0;
        has_asked_ = false;
        is_cut_ = false;
    }

    /// It would have asked more.
    [[nodiscard]] bool is_cut() const { return is_cut_; }

    // ---- store::Disk ----
    base::Expected<std::vector<std::string>> list() override {
        return ask<std::vector<std::string>>([&] { return disk_.list(); });
    }

    base::Expected<std::unique_ptr<store::File>> open_file(const std::string& name) override {
        auto file = ask<std::shared_ptr<store::File>>(
            [&]() -> base::Expected<std::shared_ptr<store::File>> {
                auto opened = disk_.open_file(name);
                if (!opened) {
                    return base::Unexpected(std::move(opened.error()));
                }
                return std::shared_ptr<store::File>(std::move(*opened));
            });
        if (!file) {
            return base::Unexpected(std::move(file.error()));
        }
        return std::make_unique<Handle>(*this, std::move(*file));
    }

    base::Expected<void> remove(const std::string& name) override {
        return ask<void>([&] { return disk_.remove(name); });
    }

    base::Expected<void> rename(const std::string& from, const std::string& to) override {
        return ask<void>([&] { return disk_.rename(from, to); });
    }

    base::Expected<void> sync_names() override {
        return ask<void>([&] { return disk_.sync_names(); });
    }

    [[nodiscard]] std::string path_of(const std::string& name) const override {
        return disk_.path_of(name);
    }

private:
    class Handle final : public store::File {
    public:
        Handle(Rerun& rerun, std::shared_ptr<store::File> file)
            : rerun_(rerun), file_(std::move(file)) {}

        base::Expected<void> write(std::uint64_t offset, std::string_view bytes) override {
            return rerun_.ask<void>([&] { return file_->write(offset, bytes); });
        }

        base::Expected<std::string> read(std::uint64_t offset, std::size_t bytes_max) override {
            return rerun_.ask<std::string>([&] { return file_->read(offset, bytes_max); });
        }

        base::Expected<void> sync() override {
            return rerun_.ask<void>([&] { return file_->sync(); });
        }

        base::Expected<void> truncate(std::uint64_t size) override {
            return rerun_.ask<void>([&] { return file_->truncate(size); });
        }

        base::Expected<std::uint64_t> size() override {
            return rerun_.ask<std::uint64_t>([&] { return file_->size(); });
        }

    private:
        Rerun& rerun_;
        std::shared_ptr<store::File> file_;
    };

    template <class Value, class Call>
    base::Expected<Value> ask(Call&& call) {
        if (place_ == answers_.size()) {
            if (has_asked_) {
                is_cut_ = true;
                return base::fail(base::Errc::Io, "not yet");
            }
            has_asked_ = true;
            answers_.emplace_back(base::Expected<Value>(call()));
        }
        return std::any_cast<base::Expected<Value>>(answers_[place_++]);
    }

    store::Disk& disk_;
    std::vector<std::any> answers_;
    std::size_t place_ = 0;
    bool has_asked_ = false;
    bool is_cut_ = false;
};

SlowCheckpointer::SlowCheckpointer(std::unique_ptr<store::Disk> disk, OnStart on_start)
    : disk_(std::move(disk)), on_start_(std::move(on_start)) {}

SlowCheckpointer::~SlowCheckpointer() = default;

base::Expected<void> SlowCheckpointer::start(store::Disk& /*disk*/,
                                             const store::LogPosition& at,
                                             const store::StateWriter& write_state) {
    facts_.clear();
    at_ = at;
    auto copied = write_state([this](std::string_view fact) -> base::Expected<void> {
        facts_.emplace_back(fact);
        return {};
    });
    if (!copied) {
        return copied;
    }
    rerun_ = std::make_unique<Rerun>(*disk_);
    progress_ = Progress::Running;
    on_start_(at, facts_);
    return {};
}

bool SlowCheckpointer::step() {
    if (progress_ != Progress::Running) {
        return false;
    }
    rerun_->begin();
    const auto done = store::write_checkpoint(*rerun_, at_, [this](const store::RecordSink& put) {
        base::Expected<void> taken;
        for (auto fact = facts_.begin(); fact != facts_.end() && taken; ++fact) {
            taken = put(*fact);
        }
        return taken;
    });
    if (!rerun_->is_cut()) {
        progress_ = done ? Progress::Done : Progress::Failed;
        rerun_.reset();
    }
    return progress_ == Progress::Running;
}

}  // namespace steward::sim
