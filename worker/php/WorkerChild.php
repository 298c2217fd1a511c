<?php
/**
 * The processes that run a worker's jobs, seen from both sides, and the job as a handler sees it.
 * Loaded by Worker.php.
 */

declare(strict_types=1);

namespace Steward;

/** Thrown by a handler: the job failed for good, trying again is useless. */
final class Reject extends \RuntimeException
{
}

/** Thrown by a handler: not now. The job is run again after the pause; no attempt is counted. */
final class Snooze extends \RuntimeException
{
    /** @internal ten years */
    public const MICROS_MAX = 3650 * 86400 * 1000000;

    /** @param int|float|string $pause seconds, or a text such as "30s"; held to 0 … ten years */
    public function __construct(public readonly int|float|string $pause, string $why = '')
    {
        parent::__construct($why);
    }
}

/** One attempt at a job, as its handler sees it. */
final class Job
{
    public readonly string $id;
    public readonly int $attempt;
    public readonly string $service;
    /** The params, whatever encoding they came in: objects as arrays, opaque bytes as a string. */
    public readonly mixed $params;
    /** @var array<string, string> strings that the submitter attached */
    public readonly array $meta;
    public readonly int $priority;
    public readonly string $channel;
    public readonly string $context;
    public readonly string $group;
    public readonly string $batch;
    /** Seconds; 0: none. */
    public readonly float $timeLimit;
    private bool $isStopped = false;

    /** @internal */
    public function __construct(private Assignment $assignment, private Pipe $parent)
    {
        $options = $assignment->options;
        $this->id = Wire::idText($assignment->id);
        $this->attempt = $assignment->attempt;
        $this->service = $assignment->service;
        $this->params = Wire::decode($assignment->encoding, $assignment->bytes);
        $this->meta = $assignment->meta;
        $this->priority = $options['priority'] ?? 2048;
        $this->channel = $options['channel'] ?? 'default';
        $this->context = $options['context'] ?? $this->id;
        $this->group = $options['group'] ?? '';
        $this->batch = $options['batch'] ?? '';
        $this->timeLimit = $assignment->timeLimit;
    }

    /**
     * Nobody wants the result any more: a limit has passed, or the job was cancelled. Who goes on for
     * the broker's stop_grace is killed.
     */
    public function isStopped(): bool
    {
        return $this->isStopped;
    }

    /** Sends a part of the answer at once to a client that streams. */
    public function part(mixed $value): void
    {
        $this->parent->write(['part', ...Wire::encode($value, $this->answerEncoding())]);
    }

    /** For status questions; a total of 0 means unknown. */
    public function progress(int $done, int $total = 0, string $text = ''): void
    {
        $this->parent->write(['progress', $done, $total, $text]);
    }

    /** @internal of a result: as the params came */
    public function answerEncoding(): int
    {
        return in_array($this->assignment->encoding, [Wire::MSGPACK, Wire::PHP], true)
            ? $this->assignment->encoding : Wire::JSON;
    }

    /** @internal */
    public function stop(): void
    {
        $this->isStopped = true;
    }
}

/** @internal an attempt that the worker holds */
final class Assignment
{
    public readonly string $id;
    public readonly int $attempt;
    public readonly string $key;
    public readonly string $service;
    public readonly int $encoding;
    public readonly ?string $bytes;
    public readonly float $timeLimit;
    public readonly string $submission; // session and number, packed, for a re-announcement
    public readonly array $meta;
    public readonly array $options;
    public ?Child $child = null; // that runs it
    public bool $isDone = false;
    /** @var ?callable(Batch): void tells its end */
    public mixed $report = null;
    public float $reportedAt = 0.0;
    public ?string $spoiled = null; // why it fails for good, whatever it answers
    public ?string $stopped = null; // why it was told to stop
    public ?float $killAt = null;

    public function __construct(Command $command)
    {
        $this->id = (string)$command->field(1);
        $this->attempt = (int)$command->field(2);
        $this->key = self::keyOf($this->id, $this->attempt);
        $this->service = $command->text(3);
        $this->encoding = (int)$command->field(4);
        $this->bytes = $command->payload(5);
        $this->timeLimit = $command->field(6) / 1000000;
        $this->submission = self::packed($command->field(7)) . self::packed($command->field(8));
        $this->meta = $command->field(9) ?? [];
        $this->options = $command->field(10) ?? [];
    }

    public static function keyOf(string $id, int $attempt): string
    {
        return "$id.$attempt";
    }

    /** A number of 64 bits without sign: beyond PHP's own it comes as decimal text. */
    public static function packed(int|string|null $number): string
    {
        if (!is_string($number)) {
            return msgpack_pack($number ?? 0);
        }
        $bytes = '';
        for ($i = 0; $i < 8; $i++) {
            $rest = 0;
            $quotient = '';
            foreach (str_split($number) as $digit) {
                $rest = 10 * $rest + (int)$digit;
                $quotient .= intdiv($rest, 256);
                $rest %= 256;
            }
            $bytes = chr($rest) . $bytes;
            $number = $quotient;
        }
        return "\xcf" . $bytes;
    }

    /** What the child needs. */
    public function __serialize(): array
    {
        return [$this->id, $this->attempt, $this->service, $this->encoding, $this->bytes,
            $this->timeLimit, $this->meta, $this->options];
    }

    public function __unserialize(array $data): void
    {
        [$this->id, $this->attempt, $this->service, $this->encoding, $this->bytes, $this->timeLimit,
            $this->meta, $this->options] = $data;
    }
}

/** @internal one end of a socket pair: values behind their length */
final class Pipe
{
    private string $buffer = '';

    /** @param resource $stream */
    public function __construct(public readonly mixed $stream)
    {
    }

    /** False: the other side is gone. Blocks until all is written. */
    public function write(mixed $value): bool
    {
        $bytes = serialize($value);
        $bytes = pack('J', strlen($bytes)) . $bytes;
        while ($bytes !== '') {
            $written = @fwrite($this->stream, $bytes);
            if ($written === false || ($written === 0 && feof($this->stream))) {
                return false;
            }
            $bytes = substr($bytes, $written);
            if ($written === 0) {
                $read = $except = null;
                $write = [$this->stream];
                @stream_select($read, $write, $except, 1);
            }
        }
        return true;
    }

    /** The next value, once it is whole; null: not yet, or the end. */
    public function next(): mixed
    {
        if (strlen($this->buffer) < 8) {
            return null;
        }
        $size = unpack('J', $this->buffer)[1];
        if (strlen($this->buffer) < 8 + $size) {
            return null;
        }
        $value = unserialize(substr($this->buffer, 8, $size));
        $this->buffer = substr($this->buffer, 8 + $size);
        return $value;
    }

    /** Takes what is there. False: the end. */
    public function fill(): bool
    {
        $bytes = @fread($this->stream, 1 << 20);
        if ($bytes === false || $bytes === '') {
            return !feof($this->stream);
        }
        $this->buffer .= $bytes;
        return true;
    }
}

/** @internal a process that runs jobs, one after the other */
final class Child
{
    public ?Assignment $assignment = null;
    public int $jobs = 0;

    private function __construct(public readonly int $pid, private Pipe $pipe)
    {
    }

    /**
     * @param array<string, callable(Job): mixed> $handlers
     * @param ?callable(): void $idle
     * @param float $idleAfter seconds
     * @param array<int, Child> $others whose ends of pipes are not this child's
     */
    public static function fork(array $handlers, ?callable $idle, float $idleAfter, array $others): self
    {
        [$ours, $theirs] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
        $pid = pcntl_fork();
        if ($pid === 0) {
            fclose($ours);
            foreach ($others as $other) {
                fclose($other->pipe->stream);
            }
            (new ChildSide($handlers, $idle, $idleAfter, new Pipe($theirs)))->run();
        }
        if ($pid < 0) {
            throw new \RuntimeException('cannot fork: ' . pcntl_strerror(pcntl_get_last_error()));
        }
        fclose($theirs);
        stream_set_blocking($ours, false);
        return new self($pid, new Pipe($ours));
    }

    /** @return resource */
    public function stream(): mixed
    {
        return $this->pipe->stream;
    }

    public function isFree(): bool
    {
        return $this->assignment === null;
    }

    public function give(Assignment $assignment): void
    {
        $this->assignment = $assignment;
        $this->jobs++;
        $this->pipe->write($assignment); // if it is gone, its end is read next
    }

    public function free(): void
    {
        $this->assignment = null;
    }

    /** @return list<?array> what it said; null at the end: it is gone */
    public function read(): array
    {
        $isThere = $this->pipe->fill();
        $messages = [];
        while (($message = $this->pipe->next()) !== null) {
            $messages[] = $message;
        }
        if (!$isThere) {
            $messages[] = null;
        }
        return $messages;
    }

    public function tellToStop(): void
    {
        posix_kill($this->pid, SIGUSR1);
    }

    public function kill(): void
    {
        posix_kill($this->pid, SIGKILL);
    }

    /** A free child ends when its pipe does. */
    public function end(): void
    {
        fclose($this->pipe->stream);
        pcntl_waitpid($this->pid, $status);
    }

    /** How it ended; it has, or is about to. */
    public function reap(): string
    {
        fclose($this->pipe->stream);
        pcntl_waitpid($this->pid, $status);
        return pcntl_wifsignaled($status) ? 'signal ' . pcntl_wtermsig($status)
            : 'exit status ' . pcntl_wexitstatus($status);
    }
}

/** @internal the child itself */
final class ChildSide
{
    private ?Job $job = null;
    private float $begun = 0.0;
    private string $reserve; // room for the last words after memory has run out
    private bool $wasIdle = false;

    /**
     * @param array<string, callable(Job): mixed> $handlers
     * @param ?callable(): void $idle
     */
    public function __construct(
        private array $handlers,
        private mixed $idle,
        private float $idleAfter,
        private Pipe $parent
    ) {
        $this->reserve = str_repeat(' ', 64 << 10);
    }

    public function run(): never
    {
        $this->dieWithParent();
        // What a terminal sends is for the parent, which lets jobs finish.
        foreach (Worker::SIGNALS as $signal) {
            pcntl_signal($signal, fn () => null); // not ignored: programs that a job starts are not to
        }
        pcntl_sigprocmask(SIG_UNBLOCK, Worker::SIGNALS);
        pcntl_async_signals(true);
        pcntl_signal(SIGUSR1, fn () => $this->job?->stop(), false);
        register_shutdown_function($this->lastWords(...));
        $memoryLimit = ini_get('memory_limit');
        while (true) {
            $assignment = $this->parent->next();
            if ($assignment === null) {
                $this->wait();
                continue;
            }
            $this->wasIdle = false;
            ini_set('memory_limit', (string)($assignment->options['memory_limit'] ?? $memoryLimit));
            $this->runJob($assignment);
            ini_set('memory_limit', $memoryLimit);
        }
    }

    /** A job is not gone on with when nobody is there to tell of it. Without FFI it runs to its end. */
    private function dieWithParent(): void
    {
        try {
            \FFI::cdef('int prctl(int option, unsigned long value);')->prctl(1, SIGKILL);
        } catch (\Throwable) {
            // PHP has no other way to ask for it.
        }
    }

    private function wait(): void
    {
        $read = [$this->parent->stream];
        $write = $except = null;
        $micros = $this->idle === null || $this->wasIdle ? null : (int)(1000000 * $this->idleAfter);
        $ready = @stream_select(
            $read,
            $write,
            $except,
            $micros === null ? null : intdiv($micros, 1000000),
            $micros === null ? null : $micros % 1000000
        );
        if ($ready === 0) {
            $this->wasIdle = true;
            ($this->idle)();
        } elseif ($ready !== false && !$this->parent->fill()) {
            exit(0);
        }
    }

    private function runJob(Assignment $assignment): void
    {
        $this->begun = microtime(true);
        try {
            $this->job = new Job($assignment, $this->parent);
            $value = ($this->handlers[$assignment->service])($this->job);
            $this->end(Wire::SUCCEEDED, '', ...Wire::encode($value, $this->job->answerEncoding()));
        } catch (Snooze $snooze) {
            $again = max(0, min(Snooze::MICROS_MAX, Wire::micros($snooze->pause)));
            $this->end(Wire::SNOOZED, $snooze->getMessage(), again: $again);
        } catch (Reject $reject) {
            $this->end(Wire::FAILED_FOR_GOOD, $reject->getMessage() ?: 'rejected');
        } catch (\Throwable $error) {
            fwrite(STDERR, "$error\n");
            $this->end(Wire::FAILED, $error::class . ': ' . $error->getMessage());
        }
    }

    private function end(
        int $verdict,
        string $text,
        int $encoding = Wire::ABSENT,
        ?string $bytes = null,
        int $again = 0
    ): void {
        $this->job = null;
        $micros = (int)(1000000 * (microtime(true) - $this->begun));
        $this->parent->write(['end', $verdict, $text, $encoding, $bytes, $again, $micros]) || exit(0);
    }

    /** After exit() in a handler, or a fatal error. */
    private function lastWords(): void
    {
        $this->reserve = '';
        if ($this->job === null) {
            return;
        }
        $error = error_get_last();
        $isFatal = ($error['type'] ?? 0) & (E_ERROR | E_PARSE | E_CORE_ERROR | E_COMPILE_ERROR);
        ini_set('memory_limit', '-1');
        $this->end(Wire::FAILED, $isFatal
            ? "$error[message] in $error[file]:$error[line]" : 'its handler called exit()');
    }
}
