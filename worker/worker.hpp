// worker: all that a worker's author includes. Subclass Worker, override work(), and
//
//     int main(int argc, char** argv) { return steward::worker::run<MyWorker>(argc, argv); }
//
// or serve several services, each by a class or a function, with Program. docs/writing-workers.md.
#pragma once

#include "worker/answer.hpp"
#include "worker/job.hpp"
#include "worker/program.hpp"
#include "worker/value.hpp"
