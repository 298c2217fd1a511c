// tests: what one process does to a folder, noted call by call, to be done again step by step while
// another one reads the folder.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/unit/store/fake_disk.hpp"

namespace steward::store::testing {

using Script = std::vector<std::function<void(FakeDisk&)>>;

/// Does what it is told on a disk of its own, and notes it.
class ScriptDisk final : public Disk {
public:
    [[nodiscard]] const Script& script() const { return script_; }

    base::Expected<std::vector<std::string>> list() override { return disk_.list(); }

    base::Expected<std::unique_ptr<ReadableFile>> open_to_read(const std::string& name) override {
        return disk_.open_to_read(name);
    }

    base::Expected<std::unique_ptr<File>> open_file(const std::string& name) override;

    base::Expected<void> remove(const std::string& name) override {
        return both([name](FakeDisk& disk) { return disk.remove(name); });
    }

    base::Expected<void> rename(const std::string& from, const std::string& to) override {
        return both([from, to](FakeDisk& disk) { return disk.rename(from, to); });
    }

    base::Expected<void> sync_names() override { return {}; }

    [[nodiscard]] std::string path_of(const std::string& name) const override {
        return disk_.path_of(name);
    }

private:
    class Handle;

    template <class Do>
    base::Expected<void> both(Do&& what) {
        script_.push_back([what](FakeDisk& disk) { (void)what(disk); });
        return what(disk_);
    }

    FakeDisk disk_;
    Script script_;
};

class ScriptDisk::Handle final : public File {
public:
    Handle(ScriptDisk& disk, std::string name) : disk_(disk), name_(std::move(name)) {}

    base::Expected<void> write(std::uint64_t offset, std::string_view bytes) override {
        return disk_.both([name = name_, offset, text = std::string(bytes)](FakeDisk& disk) {
            return disk.open_file(name).value()->write(offset, text);
        });
    }

    base::Expected<void> truncate(std::uint64_t size) override {
        return disk_.both([name = name_, size](FakeDisk& disk) {
            return disk.open_file(name).value()->truncate(size);
        });
    }

    base::Expected<std::string> read(std::uint64_t offset, std::size_t bytes_max) override {
        return disk_.disk_.open_file(name_).value()->read(offset, bytes_max);
    }

    base::Expected<void> sync() override { return {}; }

    base::Expected<std::uint64_t> size() override {
        return disk_.disk_.open_file(name_).value()->size();
    }

private:
    ScriptDisk& disk_;
    std::string name_;
};

inline base::Expected<std::unique_ptr<File>> ScriptDisk::open_file(const std::string& name) {
    (void)both([name](FakeDisk& disk) -> base::Expected<void> {
        return disk.open_file(name).map([](auto&&) {});
    });
    return std::make_unique<Handle>(*this, name);
}

/// A folder in which a script goes on at every look at it. A listing takes a while: what comes or
/// goes meanwhile may be in it or not.
class BusyFolder final : public ReadableFolder {
public:
    BusyFolder(FakeDisk& disk, const Script& script, std::size_t done, base::Prng& random)
        : disk_(disk), script_(script), done_(done), random_(random) {}

    base::Expected<std::vector<std::string>> list() override {
        go_on();
        std::vector<std::string> seen;
        const std::vector<std::string> before = disk_.names();
        go_on();
        const std::vector<std::string> after = disk_.names();
        for (const std::string& name : before) {
            if (std::ranges::find(after, name) != after.end() || random_.chance(1, 2)) {
                seen.push_back(name);
            }
        }
        for (const std::string& name : after) {
            if (std::ranges::find(before, name) == before.end() && random_.chance(1, 2)) {
                seen.push_back(name);
            }
        }
        go_on();
        return seen;
    }

    base::Expected<std::unique_ptr<ReadableFile>> open_to_read(const std::string& name) override {
        go_on();
        auto file = disk_.open_to_read(name);
        go_on();
        return file;
    }

    [[nodiscard]] std::string path_of(const std::string& name) const override {
        return disk_.path_of(name);
    }

private:
    void go_on() {
        for (std::uint64_t steps = random_.below(random_.chance(1, 4) ? 40 : 3);
             steps > 0 && done_ < script_.size();
             --steps) {
            script_[done_++](disk_);
        }
    }

    FakeDisk& disk_;
    const Script& script_;
    std::size_t done_;
    base::Prng& random_;
};

}  // namespace steward::store::testing
