// worker/samples: appends a line for each job to a file. The file is opened by the first job and
// closed when there is nothing to do, so that it can be rotated away meanwhile.
// Params: {"line": text}, or anything, which is then written as JSON. --file names the file.
#include <fstream>
#include <functional>

#include "worker/worker.hpp"

namespace {

using namespace steward::worker;

class Log : public Worker {
public:
    explicit Log(const std::string& file) : file_(file) {}

    Answer work(const Job& job) override {
        if (!stream_.is_open()) {
            stream_.open(file_, std::ios::app);
        }
        stream_ << job.param("line", job.params().dump()) + '\n' << std::flush;
        return stream_ ? Answer::ok() : fail("cannot write " + file_);
    }

    void idle() override { stream_.close(); }

private:
    const std::string& file_;
    std::ofstream stream_;
};

}  // namespace

int main(int argc, char** argv) {
    std::string file = "steward-worker.log";
    return Program(argc, argv)
        .about("A worker that appends a line for each job to a file.")
        .option("--file", file, "The file to append to")
        .serve<Log>("LOG", std::cref(file))
        .run();
}
