// tests/e2e: a certificate of its own for "localhost", made by openssl.
#pragma once

#include <string>

#include <doctest/doctest.h>

#include "tests/e2e/harness/broker.hpp"

namespace steward::e2e {

/// Two files, removed with it.
class Certificate {
public:
    Certificate()
        : file((directory_.path() / "certificate.pem").string()),
          key_file((directory_.path() / "key.pem").string()) {
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
                                    "/CN=localhost",
                                    "-addext",
                                    "subjectAltName=DNS:localhost",
                                    "-keyout",
                                    key_file,
                                    "-out",
                                    file},
                                   {},
                                   {}});
        REQUIRE_MESSAGE(made.code == 0, made.err);
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

}  // namespace steward::e2e
