// tests/e2e: keys for a broker and those who may come in, made by `steward keygen`.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include <doctest/doctest.h>

#include "tests/e2e/harness/broker.hpp"
#include "tests/e2e/harness/process.hpp"
#include "tests/e2e/harness/raw_socket.hpp"

namespace steward::e2e {

/// Keys of a server and of some clients, and the folder of those who may come in.
class KeyRing {
public:
    KeyRing() {
        std::filesystem::create_directory(clients());
        make("server");
    }

    void make(const std::string& name) const {
        const Finished made =
            run({built_program("steward"), {"keygen", name, "--directory", path()}, {}, {}});
        INFO(made.err);
        REQUIRE(made.code == 0);
    }

    /// May come in and do what the grants say, which are the file's own words.
    void allow(
        const std::string& name,
        const std::string& grants = R"("submit = ['*']", "work = ['*']", "operate = true")") const {
        const std::string file = clients() + "/" + name + ".pub";
        std::filesystem::copy_file(path() + "/" + name + ".pub", file);
        std::ofstream(file, std::ios::app) << "grants = [" << grants << "]\n";
    }

    void revoke(const std::string& name) const {
        std::filesystem::remove(clients() + "/" + name + ".pub");
    }

    [[nodiscard]] std::string path() const { return directory_.path().string(); }

    [[nodiscard]] std::string clients() const { return path() + "/clients"; }

    [[nodiscard]] std::string config() const {
        return "[broker]\nlocal_streams = false\n[security]\nkey_file = \"" + path() +
               "/server.key\"\nclients_directory = \"" + clients() + "\"\n";
    }

    [[nodiscard]] std::map<std::string, std::string> environment(const std::string& name) const {
        return {{"STEWARD_KEY_FILE", path() + "/" + name + ".key"},
                {"STEWARD_SERVER_KEY_FILE", path() + "/server.pub"}};
    }

    /// For sockets that are not ours.
    [[nodiscard]] RawKeys raw(const std::string& name) const {
        return {text(name + ".key", "secret_key"),
                text(name + ".key", "public_key"),
                text("server.pub", "public_key")};
    }

    /// The text of `setting` in a key file.
    [[nodiscard]] std::string text(const std::string& file, const std::string& setting) const {
        std::ifstream stream(path() + "/" + file);
        for (std::string line; std::getline(stream, line);) {
            if (line.starts_with(setting + " = \"")) {
                return line.substr(setting.size() + 4, 40);
            }
        }
        return {};
    }

private:
    TempDirectory directory_;
};

}  // namespace steward::e2e
