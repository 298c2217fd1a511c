// tests: a file that is gone when its object is.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <unistd.h>

#include <doctest/doctest.h>

namespace steward::cli::test {

class TempFile {
public:
    explicit TempFile(const std::string& text)
        : name_((std::filesystem::temp_directory_path() / "steward-XXXXXX").string()) {
        const int fd = mkstemp(name_.data());
        REQUIRE(fd >= 0);
        const auto written = write(fd, text.data(), text.size());
        close(fd);
        REQUIRE(written == static_cast<ssize_t>(text.size()));
    }

    ~TempFile() { std::remove(name_.c_str()); }

    TempFile(const TempFile&) = delete;
    TempFile& operator=(const TempFile&) = delete;

    [[nodiscard]] const std::string& name() const { return name_; }

private:
    std::string name_;
};

}  // namespace steward::cli::test
