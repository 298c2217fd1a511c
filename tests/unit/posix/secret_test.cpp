// tests: where the admin secret may come from, and what is refused as one.
#include "common/posix/secret.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

namespace steward::posix {

namespace {

constexpr const char* kGood = "a secret of enough bytes";

class SecretFile {
public:
    explicit SecretFile(const std::string& text, mode_t mode = 0600) {
        std::string pattern = (std::filesystem::temp_directory_path() / "secret-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
        std::ofstream(path()) << text;
        ::chmod(path().c_str(), mode);
    }

    SecretFile(const SecretFile&) = delete;
    SecretFile& operator=(const SecretFile&) = delete;

    ~SecretFile() { std::filesystem::remove_all(folder_); }

    [[nodiscard]] std::string folder() const { return folder_; }

    [[nodiscard]] std::string path() const { return folder_ + "/steward-admin-secret"; }

private:
    std::string folder_;
};

std::string why_refused(const std::string& text, mode_t mode = 0600) {
    const SecretFile file(text, mode);
    const auto secret = Secret::read(file.path());
    return secret ? "" : secret.error().message;
}

}  // namespace

TEST_CASE("A secret is the first line of its file and matches itself alone") {
    const SecretFile file(std::string(kGood) + "\nand a remark\n");
    const auto secret = Secret::read(file.path());
    REQUIRE(secret);
    CHECK(secret->matches(kGood));
    CHECK_FALSE(secret->matches(""));
    CHECK_FALSE(secret->matches("a secret of enough byteS"));
    CHECK_FALSE(secret->matches("A secret of enough bytes"));
    CHECK_FALSE(secret->matches(std::string(kGood) + "\n"));
    CHECK_FALSE(secret->matches(std::string(kGood).substr(0, 23)));
    CHECK_FALSE(secret->matches(std::string(kGood) + std::string(1, '\0')));
}

TEST_CASE("A file that others can read or change, or that is too short or too long, is no secret") {
    CHECK(why_refused(kGood, 0600).empty());
    CHECK(why_refused(kGood, 0400).empty());
    CHECK(why_refused(kGood, 0640).find("chmod 600") != std::string::npos);
    CHECK(why_refused(kGood, 0604).find("chmod 600") != std::string::npos);
    CHECK(why_refused(kGood, 0620).find("chmod 600") != std::string::npos);
    CHECK(why_refused("fifteen bytes__").find("holds 15 bytes") != std::string::npos);
    CHECK(why_refused("sixteen bytes___").empty());
    CHECK(why_refused(std::string(kSecretBytesMax, 'x')).empty());
    CHECK_FALSE(why_refused(std::string(kSecretBytesMax + 1, 'x')).empty());
    const std::string remarks = std::string(kGood) + "\n#";
    CHECK(why_refused(remarks + std::string(4096 - remarks.size(), ' ')).empty());
    CHECK(why_refused(remarks + std::string(4097 - remarks.size(), ' ')).find("4096") !=
          std::string::npos);
    CHECK_FALSE(Secret::read("/nowhere/at/all"));
    CHECK_FALSE(Secret::read("/tmp"));
}

TEST_CASE("The flag's file is stronger than the environment's, and that than systemd's") {
    const SecretFile flag("the secret of the flag");
    const SecretFile variable("the secret of the variable");
    const SecretFile credential("the secret of systemd");
    std::map<std::string, std::string> environment;
    const auto found = [&](const std::string& path) {
        const auto secret = Secret::find(path, [&](const char* name) -> const char* {
            const auto entry = environment.find(name);
            return entry == environment.end() ? nullptr : entry->second.c_str();
        });
        REQUIRE(secret);
        return *secret ? (*secret)->text() : "";
    };
    CHECK(found("").empty());
    environment["CREDENTIALS_DIRECTORY"] = credential.folder();
    ::setenv("CREDENTIALS_DIRECTORY", credential.folder().c_str(), 1);
    CHECK(found("") == "the secret of systemd");
    environment["STEWARD_ADMIN_SECRET_FILE"] = variable.path();
    CHECK(found("") == "the secret of the variable");
    CHECK(found(flag.path()) == "the secret of the flag");
    ::unsetenv("CREDENTIALS_DIRECTORY");
    environment = {{"CREDENTIALS_DIRECTORY", "/nowhere"}};
    CHECK(found("").empty());
}

}  // namespace steward::posix
