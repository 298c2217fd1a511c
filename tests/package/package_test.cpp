// tests/package: installs this build into a temporary directory, builds a project against it that
// knows nothing else, and lets that project's worker and client meet at the installed broker.
#include <doctest/doctest.h>

#include "tests/e2e/harness/broker.hpp"

namespace steward::e2e {

namespace {

constexpr std::chrono::minutes kBuildPatience{5};

void cmake(const std::vector<std::string>& args) {
    const Finished ended = run({STEWARD_CMAKE, args, {}, {}}, kBuildPatience);
    INFO("cmake said: ", ended.out, ended.err);
    REQUIRE(ended.code == 0);
}

}  // namespace

TEST_CASE("A project that finds the installed package builds a worker and a client that work") {
    const TempDirectory directory;
    const std::string prefix = (directory.path() / "prefix").string();
    const std::string build = (directory.path() / "build").string();
    cmake({"--install", STEWARD_BUILD_DIR, "--prefix", prefix});
    cmake({"-S",
           STEWARD_CONSUMER_DIR,
           "-B",
           build,
           "-G",
           STEWARD_GENERATOR,
           std::string("-DCMAKE_CXX_COMPILER=") + STEWARD_COMPILER,
           "-DCMAKE_PREFIX_PATH=" + prefix});
    cmake({"--build", build});

    const Broker broker({{}, {}, prefix + "/bin"});
    Process worker(
        {build + "/shout-worker", {"--backend-server", broker.endpoints().backend}, {}, {}});
    broker.wait_until_served("shout");
    const Finished client =
        run({build + "/shout-client", {broker.endpoints().frontend, "hello"}, {}, {}});
    INFO("client said: ", client.out, client.err);
    CHECK(client.code == 0);
    CHECK(client.out == "HELLO\n");
    // The installed guardian is found in PATH: the prefix is not the one that was configured.
    const Finished master = run({build + "/shout-master",
                                 {build + "/shout-worker", "once more"},
                                 {{"PATH", prefix + "/bin:/usr/bin:/bin"}},
                                 {}});
    INFO("master said: ", master.out, master.err);
    CHECK(master.out == "ONCE MORE\n");
    worker.signal(15);
    CHECK(worker.wait() == 0);
}

}  // namespace steward::e2e
