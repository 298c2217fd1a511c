// tests/browser: serves the files of a folder on a free port of the loopback, as any web server
// would.
#pragma once

#include <string>
#include <thread>

namespace steward::browser {

class Site {
public:
    /// Pre: `folder` has html, css and js files that do not change.
    explicit Site(std::string folder);
    ~Site();
    Site(const Site&) = delete;
    Site& operator=(const Site&) = delete;

    /// Such as "http://127.0.0.1:40001".
    [[nodiscard]] std::string origin() const;

private:
    void serve() const;

    std::string folder_;
    int listener_ = -1;
    int port_ = 0;
    std::thread thread_;
};

}  // namespace steward::browser
