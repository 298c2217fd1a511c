// tests/e2e: certificates made by openssl, and a gateway that shows one.
#pragma once

#include <string>

#include <doctest/doctest.h>

#include "tests/e2e/harness/broker.hpp"

namespace steward::e2e {

/// A key and a certificate for `name`, signed by itself.
inline void make_certificate(const std::string& name,
                             const std::string& file,
                             const std::string& key_file) {
    const Finished made = run({"/usr/bin/openssl",
                               {"req",
                                "-x509",
                                "-newkey",
                                "ec",
                                "-pkeyopt",
                                "ec_paramgen_curve:prime256v1",
                                "-nodes",
                                "-days",
                                "2",
                                "-subj",
                                "/CN=" + name,
                                "-addext",
                                "subjectAltName=DNS:" + name,
                                "-keyout",
                                key_file,
                                "-out",
                                file},
                               {},
                               {}});
    REQUIRE_MESSAGE(made.code == 0, made.err);
}

/// Of "localhost": two files, removed with it.
class Certificate {
public:
    Certificate()
        : file((directory_.path() / "certificate.pem").string()),
          key_file((directory_.path() / "key.pem").string()) {
        make_certificate("localhost", file, key_file);
    }

    /// Lines of [gateway].
    [[nodiscard]] std::string config() const {
        return "certificate_file = \"" + file + "\"\nkey_file = \"" + key_file + "\"\n";
    }

private:
    TempDirectory directory_;

public:
    const std::string file;
    const std::string key_file;
};

/// A gateway of the broker's, at a free port, that speaks HTTPS alone.
class SecureGateway {
public:
    explicit SecureGateway(const Broker& broker)
        : process({built_program("steward-gateway"),
                   {"--config",
                    settings_.write("gateway.toml", "[gateway]\n" + certificate.config()),
                    "--broker",
                    broker.endpoints().frontend,
                    "--news",
                    broker.endpoints().news,
                    "--port",
                    "0"},
                   {},
                   {}}) {
        const auto line = process.wait_for_line("ready: https://");
        REQUIRE(line);
        const std::size_t colon = line->find(':', line->find("://") + 3);
        url = "https://localhost:" + line->substr(colon + 1, line->find(' ', colon) - colon - 1);
    }

    const Certificate certificate;

private:
    TempDirectory settings_;

public:
    Process process;
    std::string url;
};

}  // namespace steward::e2e
