<?php
// A worker for tests: does as its params say. usage: trial_worker.php BACKEND [CONCURRENCY [MAX-JOBS]]
// From the environment: HEARTBEAT_INTERVAL, seconds.

declare(strict_types=1);

require __DIR__ . '/../../../worker/php/Worker.php';

final class Trial
{
    private array $snoozed = [];

    public function work(Steward\Job $job): mixed
    {
        $order = $job->params ?? [];
        foreach ($order['parts'] ?? [] as $part) {
            $job->part($part);
        }
        $job->progress(1, 2, 'half way');
        if (isset($order['mark'])) {
            file_put_contents($order['mark'], "$job->id $job->attempt\n", FILE_APPEND);
        }
        while (isset($order['until']) && !file_exists($order['until'])) {
            clearstatcache();
            usleep(20000);
            if ($job->isStopped() && !isset($order['stubborn'])) {
                break;
            }
        }
        switch ($order['outcome'] ?? 'succeed') {
            case 'fail':
                throw new RuntimeException('as it was told');
            case 'reject':
                throw new Steward\Reject('never');
            case 'exit':
                exit(3);
            case 'fatal':
                return str_repeat('x', 1 << 40);
            case 'kill':
                posix_kill(getmypid(), SIGKILL);
                // no break: it does not come back
            case 'snooze':
                if (!file_exists($order['once'])) {
                    touch($order['once']);
                    throw new Steward\Snooze($order['pause'] ?? '100ms', 'not yet');
                }
        }
        if (isset($order['large'])) {
            isset($order['end']) && touch($order['end']);
            return str_repeat('x', $order['large']);
        }
        return ['id' => $job->id, 'attempt' => $job->attempt, 'service' => $job->service,
            'meta' => $job->meta, 'priority' => $job->priority, 'context' => $job->context,
            'limit' => $job->timeLimit, 'pid' => getmypid()];
    }
}

/** Leaves a mark when it is made of bytes. */
final class Marked
{
    public function __construct(public string $path)
    {
    }

    public function __wakeup(): void
    {
        touch($this->path);
    }
}

$worker = new Steward\Worker(
    $argv[1],
    concurrency: (int)($argv[2] ?? 1),
    maxJobs: (int)($argv[3] ?? 0),
    heartbeatInterval: (float)(getenv('HEARTBEAT_INTERVAL') ?: 2)
);
$worker->tells(fn () => ['own' => 5]);
$worker->serve('echo', fn (Steward\Job $job) => $job->params);
$worker->serve('bytes', fn (Steward\Job $job) => new Steward\Bytes("\0\xff" . $job->params));
$worker->serve('marked', fn (Steward\Job $job) => new Marked($job->params));
$worker->serve('part', fn (Steward\Job $job) => $job->part(str_repeat('x', $job->params)));
$worker->serve('trial', new Trial());
exit($worker->run());
