// tests/unit/client: the kill switch's file: read, changed in one step, refused when it is none.
#include "client/kill_switch.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace steward::client::kill_switch_tests {

namespace {

class SwitchFile {
public:
    SwitchFile() {
        std::string name = (std::filesystem::temp_directory_path() / "steward-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        folder_ = name;
    }

    SwitchFile(const SwitchFile&) = delete;
    SwitchFile& operator=(const SwitchFile&) = delete;

    ~SwitchFile() { std::filesystem::remove_all(folder_); }

    [[nodiscard]] std::string path() const { return folder_ + "/kill-switch.json"; }

    void write(const std::string& text) const { std::ofstream(path()) << text; }

private:
    std::string folder_;
};

}  // namespace

TEST_CASE("Without a file nothing is switched off; several changes are one step") {
    const SwitchFile file;
    CHECK(*read_kill_switch(file.path()) == KillSwitch{});
    const std::vector<KillSwitchChange> off = {{"a", true}, {"b", true}, {"", true}};
    CHECK(*change_kill_switch(file.path(), off) == KillSwitch{true, {"a", "b"}});
    CHECK(*read_kill_switch(file.path()) == KillSwitch{true, {"a", "b"}});
    const std::vector<KillSwitchChange> on = {{"a", false}, {"", false}, {"unknown", false}};
    CHECK(*change_kill_switch(file.path(), on) == KillSwitch{false, {"b"}});
    CHECK(*read_kill_switch(file.path()) == KillSwitch{false, {"b"}});
}

TEST_CASE("What is no kill switch is refused and left as it is") {
    const SwitchFile file;
    for (const char* text : {"nonsense",
                             "[]",
                             R"({"global": 1})",
                             R"({"services": "a"})",
                             R"({"services": [1]})",
                             R"({"other": true})"}) {
        file.write(text);
        CHECK(read_kill_switch(file.path()).error().code == base::Errc::BadConfig);
        const std::vector<KillSwitchChange> off = {{"a", true}};
        CHECK_FALSE(change_kill_switch(file.path(), off).has_value());
        CHECK_FALSE(read_kill_switch(file.path()).has_value());
    }
    file.write("");
    CHECK(read_kill_switch(file.path()).error().code == base::Errc::BadConfig);
    file.write("{}" + std::string((1U << 20U) - 2, ' '));
    CHECK(*read_kill_switch(file.path()) == KillSwitch{});
    file.write("{}" + std::string((1U << 20U) - 1, ' '));
    CHECK(read_kill_switch(file.path()).error().code == base::Errc::Io);
}

}  // namespace steward::client::kill_switch_tests
