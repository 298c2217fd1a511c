<?php
/**
 * A worker of Steward for PHP: functions that run jobs, each in a process of its own.
 *
 *     require 'Worker.php';
 *     $worker = new Steward\Worker('127.0.0.1', concurrency: 4);
 *     $worker->serve('resize', fn (Steward\Job $job) => ['width' => $job->params['width']]);
 *     exit($worker->run());
 *
 * The process that was started speaks with the broker; children that it forks run the jobs. So
 * heartbeats go out while a job runs, a fatal error is a failed job and nothing more, and a job that
 * ignores its limit is killed. Needs php-zmq, php-msgpack, and pcntl and posix of php-cli.
 * docs/writing-workers.md has more.
 */

declare(strict_types=1);

namespace Steward;

// Beside this file where it is installed, else as the tree has it.
require_once is_file(__DIR__ . '/Wire.php') ? __DIR__ . '/Wire.php'
    : __DIR__ . '/../../client/php/Wire.php';
require_once __DIR__ . '/WorkerChild.php';

final class Worker
{
    private const SILENT_INTERVALS = 3;
    private const TEXT_BYTES_MAX = 4096;
    private const TURN_SECONDS = 0.2; // so often it is looked whether a signal has come
    /** @internal to leave */
    public const SIGNALS = [SIGTERM, SIGINT];
    private const KEPT_SECONDS = 1.0; // after that, what is heard comes from a broker that has read
    private const KEPT_MAX = 1000;

    /** @var non-empty-list<string> */
    private array $endpoints;
    /** @var list<string> */
    private array $keys;
    /** @var array<string, callable(Job): mixed> */
    private array $handlers = [];
    /** @var ?callable(): void */
    private mixed $idle = null;
    /** @var array<int, Child> by pid */
    private array $children = [];
    /** @var array<string, Assignment> held: waiting, running, or not yet reported; by key */
    private array $held = [];
    /** @var array<string, Assignment> that have been reported and perhaps not read */
    private array $reported = [];
    /** @var list<callable(Batch): void> what is to be said */
    private array $outbox = [];
    private float $stopGrace = 5.0;
    private float $brokerInterval = 5.0; // it speaks so often; it says so in its welcome
    private int $brokersBytesMax = Wire::BROKERS_BYTES_MAX; // of a message; it says that too
    private int $broker = 0;
    private float $pause = 0.05;
    private ?\ZMQContext $context = null;
    private ?\ZMQSocket $socket = null;
    private bool $isWelcome = false;
    private bool $hasSaidGoodbye = false;
    private float $heard = 0.0;
    private float $spoken = 0.0;
    private int $signals = 0; // to leave; the second tells what runs to stop
    private int $signalsHeeded = 0;
    private float $leavingSince = 0.0;
    private float $since;
    private int $done = 0; // attempts, ever
    private int $failed = 0;
    /** @var ?callable(): array<string, int|float> */
    private mixed $tells = null;

    /**
     * @param string|list<string> $brokers "host", "host:port", several
     * @param int $concurrency jobs at once, each in a process of its own
     * @param list<string> $channels to take jobs of; none: the default one
     * @param int $maxJobs after so many jobs a child gives way to a fresh one; 0: never
     * @param float $heartbeatInterval seconds
     */
    public function __construct(
        string|array $brokers = '127.0.0.1',
        int $port = 5556,
        private int $concurrency = 1,
        private array $channels = [],
        private int $maxJobs = 0,
        private float $heartbeatInterval = 5.0
    ) {
        $this->endpoints = Wire::endpoints($brokers, $port);
        $this->since = microtime(true);
        $this->keys = Wire::ownKeys();
    }

    /**
     * Serves a service. What the handler returns is the result; an exception is a failure with its
     * text, Reject one for good, Snooze puts the job off. An object with a method work() will do too.
     *
     * @param callable(Job): mixed|object $handler
     */
    public function serve(string $service, callable|object $handler): self
    {
        $this->handlers[$service] = is_callable($handler) ? $handler : [$handler, 'work'];
        return $this;
    }

    /**
     * Called in each child once after three heartbeat intervals without work: the place to close
     * files and connections that the next job opens again.
     *
     * @param callable(): void $idle
     */
    public function onIdle(callable $idle): self
    {
        $this->idle = $idle;
        return $this;
    }

    /**
     * Counters of the program's own, by name, for who checks the worker. Called in the process that
     * was started, between messages: it must not take long.
     *
     * @param callable(): array<string, int|float> $tells
     */
    public function tells(callable $tells): self
    {
        $this->tells = $tells;
        return $this;
    }

    /** Serves until SIGTERM or SIGINT; then what runs is finished. Returns the exit status. */
    public function run(): int
    {
        if ($this->handlers === []) {
            throw new \LogicException('the worker serves nothing: call serve()');
        }
        // Asked for in each turn: a handler's call is lost when it interrupts ZMQPoll, which throws.
        pcntl_sigprocmask(SIG_BLOCK, self::SIGNALS);
        $this->keepChildren();
        while (true) {
            try {
                if ($this->turn()) {
                    break;
                }
            } catch (Malformed | \ZMQSocketException | ConnectionLost $why) {
                if ($this->mayEnd()) {
                    break;
                }
                $this->log('broker_lost', ['broker' => $this->endpoints[$this->broker],
                    'why' => $why->getMessage()]);
                $this->socket = null;
                $this->broker = ($this->broker + 1) % count($this->endpoints);
                usleep((int)($this->pause * mt_rand(500000, 1000000)));
                $this->pause = min(2 * $this->pause, 2.0);
            }
        }
        foreach ($this->children as $child) {
            $child->end();
        }
        $this->socket?->setSockOpt(\ZMQ::SOCKOPT_LINGER, 1000);
        $this->socket = null;
        $this->context = null;
        $this->log('left');
        return 0;
    }

    // ---- one turn ----

    /** True: the worker has left. */
    private function turn(): bool
    {
        $this->socket ?? $this->connect();
        $this->heedSignals();
        $this->keepChildren();
        $this->start();
        $lookAt = $this->checkLimits();
        $now = microtime(true);
        if ($now - $this->heard > $this->brokerInterval * self::SILENT_INTERVALS) {
            throw new ConnectionLost('the broker is silent');
        }
        if ($this->isWelcome) {
            $this->speak($now);
        }
        $this->wait(min($this->spoken + $this->heartbeatInterval, $lookAt) - $now);
        return $this->hear();
    }

    private function wait(float $seconds): void
    {
        $poll = new \ZMQPoll();
        $poll->add($this->socket, \ZMQ::POLL_IN);
        foreach ($this->children as $child) {
            $poll->add($child->stream(), \ZMQ::POLL_IN);
        }
        $readable = $writable = [];
        try {
            $poll->poll($readable, $writable, max(1, (int)ceil(1000 * min(self::TURN_SECONDS, $seconds))));
        } catch (\ZMQPollException) {
            // A signal: the next turn looks.
        }
        foreach ($this->children as $child) {
            foreach ($child->read() as $message) {
                $this->onChild($child, $message);
            }
        }
    }

    private function hear(): bool
    {
        while (($frames = $this->socket->recvMulti(\ZMQ::MODE_DONTWAIT)) !== false) {
            $this->heard = microtime(true);
            foreach (Wire::commands($frames) as $command) {
                if ($command->type === Wire::DISCONNECT) {
                    return $this->hasSaidGoodbye ? true
                        : throw new ConnectionLost($command->text(1));
                }
                $this->obey($command);
            }
            $this->forgetReported();
        }
        return false;
    }

    private function speak(float $now): void
    {
        if ($this->signals > 0 && !$this->hasSaidGoodbye) {
            $this->hasSaidGoodbye = true;
            $this->giveBack(null);
            $this->outbox[] = fn (Batch $batch) => $batch->add(Wire::GOODBYE, true);
        }
        $batch = new Batch($this->brokersBytesMax);
        foreach (array_splice($this->outbox, 0) as $say) {
            $say($batch);
        }
        if ($batch->isEmpty() && $now - $this->spoken >= $this->heartbeatInterval) {
            $batch->add(Wire::HEARTBEAT);
        }
        if (!$batch->isEmpty()) {
            $this->send($batch);
            $this->spoken = $now;
        }
    }

    // ---- the broker ----

    private function connect(): void
    {
        $this->context ??= new \ZMQContext(1, false);
        $this->socket = Wire::connect($this->context, $this->endpoints[$this->broker], $this->keys);
        $this->isWelcome = $this->hasSaidGoodbye = false;
        $this->brokerInterval = $this->heartbeatInterval; // it answers at once
        $this->heard = $this->spoken = microtime(true);
        $this->announce();
    }

    private function announce(): void
    {
        foreach ($this->reported as $key => $one) {
            $this->held[$key] = $one;
            $this->report($one);
        }
        $this->reported = [];
        $running = array_map(fn (Assignment $one) => chr(0x95) . msgpack_pack($one->id)
            . msgpack_pack($one->attempt) . $one->submission . msgpack_pack($one->service), $this->held);
        $batch = new Batch();
        $batch->addPacked(
            msgpack_pack(Wire::WORKER_READY),
            msgpack_pack(Wire::VERSION),
            msgpack_pack('steward-php'),
            msgpack_pack((int)($this->heartbeatInterval * 1000000)),
            msgpack_pack($this->concurrency),
            msgpack_pack($this->concurrency),
            msgpack_pack(array_map('strval', array_keys($this->handlers))),
            "\xdc" . pack('n', count($running)) . implode('', $running),
            msgpack_pack($this->channels)
        );
        $this->send($batch);
    }

    private function send(Batch $batch): void
    {
        $batch->send($this->socket) ||
            throw new ConnectionLost('the broker has turned this connection away');
    }

    private function obey(Command $command): void
    {
        switch ($command->type) {
            case Wire::WELCOME:
                $this->isWelcome = true;
                $this->pause = 0.05;
                $this->brokerInterval = $command->field(3) / 1000000;
                $this->brokersBytesMax = $command->field(4);
                $this->stopGrace = ($command->field(6) ?: 5000000) / 1000000;
                $this->log('ready', ['broker' => $this->endpoints[$this->broker]]);
                break;
            case Wire::ASSIGN:
                $one = new Assignment($command);
                if ($this->signals > 0 || !isset($this->handlers[$one->service])) {
                    $this->outbox[] = fn (Batch $batch) =>
                        $batch->add(Wire::RETURN, [[$one->id, $one->attempt]]);
                } else {
                    $this->held[$one->key] = $one;
                }
                break;
            case Wire::STOP_ATTEMPT:
                $this->stop(
                    Assignment::keyOf($command->field(1), $command->field(2)),
                    $command->text(3)
                );
                break;
            case Wire::RECALL:
                $this->giveBack(array_map(
                    fn (array $one) => Assignment::keyOf($one[0], $one[1]),
                    $command->field(1)
                ));
                break;
            case Wire::ASK:
                $this->answer($command->field(1), $command->text(2), (bool)$command->field(3));
                break;
            case Wire::REGISTER_AGAIN:
                $this->announce();
                break;
        }
    }

    /** The broker has seen to it that who asks may. */
    private function answer(int|string $number, string $what, bool $isPrivileged): void
    {
        $answer = match (true) {
            $what === 'check' => $this->check($isPrivileged),
            $what === 'stop' && $isPrivileged => '{"stopping":true}',
            default => '',
        };
        $this->outbox[] = fn (Batch $batch) => $batch->addPacked(
            msgpack_pack(Wire::TOLD),
            Assignment::packed($number),
            msgpack_pack($answer)
        );
        if ($what === 'stop' && $answer !== '') {
            $this->signals = max(1, $this->signals);
        }
    }

    private function check(bool $isPrivileged): string
    {
        $running = count(array_filter($this->held, fn (Assignment $one) => $one->child !== null));
        $check = new Check(
            "$running of $this->concurrency at work for " . $this->endpoints[$this->broker],
            $isPrivileged
        );
        $check->count('uptime', microtime(true) - $this->since, 's');
        $check->count('running', $running, '', $this->concurrency);
        $check->count('done', $this->done, 'c');
        $check->count('failed', $this->failed, 'c');
        if ($isPrivileged) {
            $check->countProcess();
        }
        if ($this->tells !== null) {
            $check->countOwn($this->tells);
        }
        return $check->toJson();
    }

    /** @param ?list<string> $keys those of them that wait; null: all that wait */
    private function giveBack(?array $keys): void
    {
        $back = [];
        foreach ($this->held as $key => $one) {
            if ($one->child === null && !$one->isDone && ($keys === null || in_array($key, $keys, true))) {
                $back[] = [$one->id, $one->attempt];
                unset($this->held[$key]);
            }
        }
        if ($back !== []) {
            $this->outbox[] = fn (Batch $batch) => $batch->add(Wire::RETURN, $back);
        }
    }

    private function stop(string $key, string $why): void
    {
        $one = $this->held[$key] ?? null;
        if ($one === null || $one->isDone) {
            return; // its end is told all the same: it says that there is room again
        }
        if ($one->child === null) {
            $this->finish($one, Wire::FAILED, 'stopped before it was begun', Wire::ABSENT, null, 0, 0);
        } elseif ($one->killAt === null || $one->stopped === null) {
            $this->tellToStop($one, "was stopped: $why");
        }
    }

    // ---- jobs ----

    private function start(): void
    {
        foreach ($this->held as $one) {
            if ($one->child !== null || $one->isDone) {
                continue;
            }
            foreach ($this->children as $child) {
                if ($child->isFree()) {
                    $one->child = $child;
                    $one->killAt = $one->timeLimit > 0 ? microtime(true) + $one->timeLimit : null;
                    $child->give($one);
                    continue 2;
                }
            }
            return;
        }
    }

    /** When to look again. Who ignores a stop for the grace is killed. */
    private function checkLimits(): float
    {
        $next = INF;
        foreach ($this->held as $one) {
            if ($one->child === null || $one->killAt === null) {
                continue;
            }
            if (microtime(true) < $one->killAt) {
                $next = min($next, $one->killAt);
            } elseif ($one->stopped === null) {
                $this->tellToStop($one, sprintf('ran longer than its time limit of %g s', $one->timeLimit));
                $next = min($next, $one->killAt);
            } else {
                $one->child->kill();
                $this->lose($one->child, sprintf('%s and ignored its stop for %g s', $one->stopped,
                    $this->stopGrace));
            }
        }
        return $next;
    }

    private function tellToStop(Assignment $one, string $why): void
    {
        $one->stopped = $why;
        $one->killAt = microtime(true) + $this->stopGrace;
        $one->child->tellToStop();
    }

    private function onChild(Child $child, ?array $message): void
    {
        $one = $child->assignment;
        if ($message === null) {
            $this->lose($child, 'its process ended without a word');
        } elseif ($one === null) {
            return;
        } elseif ($message[0] === 'part') {
            $one->spoiled ??= $this->tooLarge($message[2]);
            $one->spoiled !== null || $this->outbox[] = fn (Batch $batch) => $batch->add(
                Wire::PARTIAL, $one->id, $one->attempt, $message[1], $batch->payload($message[2]));
        } elseif ($message[0] === 'progress') {
            $this->outbox[] = fn (Batch $batch) => $batch->add(Wire::PROGRESS, $one->id, $one->attempt,
                $message[1], $message[2], self::cut($message[3]));
        } else {
            [, $verdict, $text, $encoding, $bytes, $again, $micros] = $message;
            if ($one->stopped !== null) {
                [$verdict, $text, $encoding, $bytes] = [Wire::FAILED, $one->stopped, Wire::ABSENT, null];
            } elseif (($spoiled = $one->spoiled ?? $this->tooLarge($bytes)) !== null) {
                [$verdict, $text, $encoding, $bytes] = [Wire::FAILED_FOR_GOOD, $spoiled, Wire::ABSENT, null];
            }
            $child->free();
            $one->child = null;
            $this->finish($one, $verdict, $text, $encoding, $bytes, $micros, $again);
        }
    }

    private function tooLarge(?string $bytes): ?string
    {
        $size = strlen((string)$bytes);
        return $size + Wire::ENVELOPE_BYTES_MAX <= $this->brokersBytesMax ? null
            : "an answer of $size bytes is too large for the broker, which takes messages of "
                . "$this->brokersBytesMax bytes (its limit message_bytes_max)";
    }

    private function lose(Child $child, string $why): void
    {
        $one = $child->assignment;
        unset($this->children[$child->pid]);
        $how = $child->reap();
        if ($one !== null) {
            $one->child = null;
            $text = $one->stopped !== null ? $why : "$why ($how)";
            $this->finish($one, Wire::FAILED, $text, Wire::ABSENT, null, 0, 0);
        }
    }

    private function finish(
        Assignment $one,
        int $verdict,
        string $text,
        int $encoding,
        ?string $bytes,
        int $micros,
        int $again
    ): void {
        if ($verdict === Wire::FAILED || $verdict === Wire::FAILED_FOR_GOOD) {
            $this->log('job_failed', ['job' => Wire::idText($one->id), 'why' => $text]);
        }
        if ($verdict === Wire::SUCCEEDED) {
            $this->done++;
        } elseif ($verdict !== Wire::SNOOZED) {
            $this->failed++;
        }
        $one->isDone = true;
        $one->report = fn (Batch $batch) => $batch->add(Wire::FINISH, $one->id, $one->attempt, $verdict,
            self::cut($text), $encoding, $batch->payload($bytes), $micros, $again);
        $this->report($one);
    }

    private function report(Assignment $one): void
    {
        $this->outbox[] = function (Batch $batch) use ($one): void {
            if (isset($this->held[$one->key])) {
                unset($this->held[$one->key]);
                ($one->report)($batch);
                $one->reportedAt = microtime(true);
                $this->reported[$one->key] = $one;
            }
        };
    }

    /**
     * A broker that was restarted meanwhile does not know us and has not read what it was told last:
     * so that is kept for a moment, and told again after an announcement.
     */
    private function forgetReported(): void
    {
        foreach ($this->reported as $key => $one) {
            if (microtime(true) - $one->reportedAt < self::KEPT_SECONDS
                && count($this->reported) <= self::KEPT_MAX) {
                return;
            }
            unset($this->reported[$key]);
        }
    }

    private function keepChildren(): void
    {
        foreach ($this->children as $child) {
            if ($this->maxJobs > 0 && $child->isFree() && $child->jobs >= $this->maxJobs) {
                $child->end();
                unset($this->children[$child->pid]);
            }
        }
        while (count($this->children) < $this->concurrency && $this->signals === 0) {
            $child = Child::fork(
                $this->handlers,
                $this->idle,
                $this->heartbeatInterval * self::SILENT_INTERVALS,
                $this->children
            );
            $this->children[$child->pid] = $child;
        }
    }

    // ---- leaving ----

    private function heedSignals(): void
    {
        while (@pcntl_sigtimedwait(self::SIGNALS, $info, 0, 0) > 0) {
            $this->signals++;
        }
        if ($this->signalsHeeded === $this->signals) {
            return;
        }
        if ($this->signalsHeeded === 0) {
            $this->leavingSince = microtime(true);
            $this->log('leaving');
        }
        if ($this->signals > 1) {
            foreach ($this->held as $one) {
                $one->child === null || $one->stopped !== null
                    || $this->tellToStop($one, 'was told to stop');
            }
        }
        $this->signalsHeeded = $this->signals;
    }

    /** Told to leave, and no broker is there to be told of what has been done. */
    private function mayEnd(): bool
    {
        foreach ($this->held as $one) {
            if (!$one->isDone) {
                return false;
            }
        }
        $patience = $this->heartbeatInterval * self::SILENT_INTERVALS;
        return $this->signals > 0
            && ($this->held === [] || microtime(true) - $this->leavingSince > $patience);
    }

    private static function cut(string $text): string
    {
        return strlen($text) <= self::TEXT_BYTES_MAX ? $text : substr($text, 0, self::TEXT_BYTES_MAX);
    }

    /** @param array<string, string> $fields */
    private function log(string $event, array $fields = []): void
    {
        $line = gmdate('Y-m-d\TH:i:s\Z') . " $event";
        foreach ($fields as $name => $value) {
            $line .= " $name=" . json_encode($value, JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE);
        }
        fwrite(STDERR, "$line\n");
    }
}

/** @internal the connection is to be made anew */
final class ConnectionLost extends \RuntimeException
{
}
