<?php
/**
 * A client of Steward for PHP: submit jobs, call services, ask the broker.
 *
 *     require 'Client.php';
 *     $client = new Steward\Client('127.0.0.1');
 *     $job = $client->submit('mail', ['to' => 'ann@example.org'], ['priority' => 'high']);
 *     $size = $client->call('resize', ['path' => 'cat.jpg', 'width' => 640], timeout: 5);
 *
 * docs/writing-clients.md has more.
 */

declare(strict_types=1);

namespace Steward;

require_once __DIR__ . '/Wire.php';

/** Whatever a request can end with besides its answer. */
class Error extends \RuntimeException
{
}

/** The broker did not take the request; getCode() is a number of docs/protocol.md ("Error codes"). */
final class Refused extends Error
{
    /** @param ?float $retryAfter seconds after which it may be tried again, if that helps */
    public function __construct(int $code, string $message, public readonly ?float $retryAfter)
    {
        parent::__construct($message, $code);
    }

    public function mayWorkLater(): bool
    {
        return intdiv($this->getCode(), 100) === 12;
    }
}

/** The job has ended without success: failed, dead, expired or cancelled. */
final class JobFailed extends Error
{
    /** @param mixed $value what its worker left with the failure */
    public function __construct(
        public readonly string $job,
        public readonly string $state,
        string $text,
        public readonly mixed $value
    ) {
        parent::__construct($text !== '' ? $text : "the job is $state");
    }
}

/** No answer in time. What was asked goes on: a job that was submitted is not taken back. */
final class Timeout extends Error
{
}

/**
 * One connection. A request is sent again under its number when the connection breaks, so a broken
 * connection is neither noticed nor makes a second job. Of several brokers the next is tried when one
 * is silent. Not to be used in two processes: after a fork each makes its own.
 */
final class Client
{
    private const SILENT_INTERVALS = 3;
    private const AT_ONCE_MAX = 1000; // submitted and not answered
    private const TOO_LARGE = 1008;

    /** @var non-empty-list<string> */
    private array $endpoints;
    /** @var list<string> */
    private array $keys;
    private int $broker = 0;
    private int $session;
    private int $number = 0;
    /** @var array<int, array{send: callable(Batch, bool): void, bytes: int, is_job: bool, sent: bool,
     *      on_part: ?callable}> what has no answer yet, by number */
    private array $open = [];
    /** @var array<int, mixed> answers that nobody has taken, by number: a value, or an Error */
    private array $answers = [];
    /** @var array<int, true> numbers that are to be sent */
    private array $unsent = [];
    private ?\ZMQContext $context = null;
    private ?\ZMQSocket $socket = null;
    private bool $isWelcome = false;
    private int $brokersBytesMax = Wire::BROKERS_BYTES_MAX; // of a message; it says so in its welcome
    private ?float $unheard = null; // since when an answer of any kind is due
    private float $spoken = 0.0;
    private float $pause = 0.05;

    /**
     * @param string|list<string> $brokers "host", "host:port", several
     * @param float $timeout seconds, for whatever has none of its own
     * @param string $encoding of params: json, msgpack, php
     * @param float $heartbeatInterval seconds after which a silent broker is asked for a sign of life
     */
    public function __construct(
        string|array $brokers = '127.0.0.1',
        int $port = 5555,
        private float $timeout = 30.0,
        private string $encoding = 'json',
        private float $heartbeatInterval = 2.0
    ) {
        $this->endpoints = Wire::endpoints($brokers, $port);
        $this->keys = Wire::ownKeys();
        $this->session = random_int(1, PHP_INT_MAX);
        Wire::ENCODINGS[$encoding] ?? throw new \InvalidArgumentException(
            "\"$encoding\" is none of " . implode(', ', array_keys(Wire::ENCODINGS))
        );
    }

    // ---- jobs ----

    /**
     * The id of the job, once the broker has it: it is not lost from here on (unless durable is
     * false).
     *
     * @param array<string, mixed> $options those of docs/protocol.md ("OPTION frames")
     */
    public function submit(
        string $service,
        mixed $params = null,
        array $options = [],
        ?float $timeout = null
    ): string {
        return $this->await($this->openJob($service, $params, $options, false, null), $timeout);
    }

    /**
     * An id or an Error for each, in their order.
     *
     * @param iterable<array{0: string, 1?: mixed, 2?: array<string, mixed>}> $specs service, params,
     *     options
     * @return list<string|Error>
     */
    public function submitMany(iterable $specs, ?float $timeout = null): array
    {
        return $this->many($specs, false, $timeout);
    }

    /**
     * Runs a job and returns its result.
     *
     * @param array<string, mixed> $options
     * @param ?callable(mixed): void $onPart is given each part of the answer as it comes
     * @throws JobFailed|Refused|Timeout
     */
    public function call(
        string $service,
        mixed $params = null,
        array $options = [],
        ?callable $onPart = null,
        ?float $timeout = null
    ): mixed {
        return $this->await($this->openJob($service, $params, $options, true, $onPart), $timeout);
    }

    /**
     * Runs jobs beside each other: a result or an Error for each, in their order.
     *
     * @param iterable<array{0: string, 1?: mixed, 2?: array<string, mixed>}> $specs
     * @return list<mixed>
     */
    public function callMany(iterable $specs, ?float $timeout = null): array
    {
        return $this->many($specs, true, $timeout);
    }

    /**
     * The result of a job, whoever submitted it; waits for its end.
     *
     * @throws JobFailed|Refused|Timeout
     */
    public function wait(string $job, ?float $timeout = null): mixed
    {
        $raw = Wire::idBytes($job);
        $seconds = $timeout ?? $this->timeout;
        $until = microtime(true) + $seconds;
        $number = $this->ask(fn (int $number) => fn (Batch $batch) => $batch->add(
            Wire::AWAIT,
            $number,
            $raw,
            (int)(1000000 * max(0.0, $until - microtime(true)))
        ));
        $result = $this->await($number, $seconds + $this->heartbeatInterval);
        return $result instanceof GoesOn ? throw new Timeout("the job $job still goes on") : $result;
    }

    // ---- questions ----

    /** @return array<string, mixed> all that is known of a job */
    public function status(string $job, ?float $timeout = null): array
    {
        return $this->query('status', job: $job, timeout: $timeout);
    }

    /**
     * @param string $what jobs, active, hist, workers, services, broker, status, why: docs/protocol.md
     *     ("Asking")
     */
    public function query(
        string $what,
        string $service = '',
        ?string $job = null,
        ?float $timeout = null
    ): mixed {
        $raw = $job === null ? null : Wire::idBytes($job);
        return $this->await($this->ask(fn (int $number) => fn (Batch $batch) =>
            $batch->add(Wire::QUERY, $number, $what, $service, $raw)), $timeout);
    }

    /**
     * Cancels, retries, pauses and so on: docs/protocol.md ("Operate").
     *
     * @param array<string, mixed> $arguments
     */
    public function operate(string $verb, array $arguments, ?float $timeout = null): mixed
    {
        $json = json_encode((object)$arguments, JSON_THROW_ON_ERROR);
        return $this->await($this->ask(fn (int $number) => fn (Batch $batch) =>
            $batch->add(Wire::OPERATE, $number, $verb, $batch->payload($json)), strlen($json)),
            $timeout);
    }

    /** How many of them had not ended and are cancelled, or told to stop. */
    public function cancel(string ...$jobs): int
    {
        return $this->operate('cancel', ['jobs' => array_values($jobs)])['changed'];
    }

    /** Ends the connection; the next request makes a new one. */
    public function close(): void
    {
        $this->disconnect();
        $this->context = null;
    }

    // ---- requests ----

    private function openJob(
        string $service,
        mixed $params,
        array $options,
        bool $isSync,
        ?callable $onPart
    ): int {
        if (array_key_exists('wait', $options)) {
            throw new \InvalidArgumentException('submit() does not wait for results: use call() or '
                . 'wait()');
        }
        [$encoding, $bytes] = Wire::encode($params, Wire::ENCODINGS[$this->encoding]);
        $packed = Wire::packOptions($options);
        $number = ++$this->number;
        $send = fn (Batch $batch, bool $again) => $batch->add(
            Wire::SUBMIT,
            $number,
            $again,
            $isSync,
            $service,
            $encoding,
            $batch->payload($bytes),
            $packed
        );
        $bytesInAll = strlen($service . $bytes) + strlen(msgpack_pack($packed));
        $this->open[$number] = ['send' => $send, 'bytes' => $bytesInAll, 'is_job' => true,
            'sent' => false, 'on_part' => $onPart];
        $this->unsent[$number] = true;
        return $number;
    }

    /** @param callable(int): (callable(Batch): void) $make */
    private function ask(callable $make, int $bytes = 0): int
    {
        $number = ++$this->number;
        $this->open[$number] = ['send' => $make($number), 'bytes' => $bytes, 'is_job' => false,
            'sent' => false, 'on_part' => null];
        $this->unsent[$number] = true;
        return $number;
    }

    private function many(iterable $specs, bool $isSync, ?float $timeout): array
    {
        $until = microtime(true) + ($timeout ?? $this->timeout);
        $numbers = [];
        $answers = [];
        foreach ($specs as $spec) {
            $numbers[] = $this->openJob($spec[0], $spec[1] ?? null, $spec[2] ?? [], $isSync, null);
            if (count($this->open) >= self::AT_ONCE_MAX) {
                $this->pump(fn () => count($this->open) < self::AT_ONCE_MAX / 2, $until);
            }
        }
        foreach ($numbers as $number) {
            try {
                $answers[] = $this->await($number, max(0.0, $until - microtime(true)));
            } catch (Error $error) {
                $answers[] = $error;
            }
        }
        return $answers;
    }

    private function await(int $number, ?float $timeout): mixed
    {
        $seconds = $timeout ?? $this->timeout;
        $this->pump(fn () => !isset($this->open[$number]), microtime(true) + $seconds);
        if (isset($this->open[$number])) {
            unset($this->open[$number], $this->unsent[$number]);
            throw new Timeout(sprintf('no answer within %g s', $seconds));
        }
        $answer = $this->answers[$number];
        unset($this->answers[$number]);
        return $answer instanceof \Throwable ? throw $answer : $answer;
    }

    // ---- the connection ----

    /** Sends and receives until `$isDone()` or `$until`. */
    private function pump(callable $isDone, float $until): void
    {
        while (!$isDone() && microtime(true) < $until) {
            try {
                $this->turn($until);
            } catch (Malformed | Lost) {
                $this->disconnect();
                $this->broker = ($this->broker + 1) % count($this->endpoints);
                $rest = min($this->pause * mt_rand(500, 1000) / 1000, $until - microtime(true));
                usleep(max(0, (int)($rest * 1000000)));
                $this->pause = min(2 * $this->pause, 2.0);
            }
        }
    }

    private function turn(float $until): void
    {
        $this->socket ?? $this->connect();
        $now = microtime(true);
        if ($now - ($this->unheard ?? $now) > $this->heartbeatInterval * self::SILENT_INTERVALS) {
            throw new Lost('the broker is silent');
        }
        if ($this->refuseTooLarge()) {
            return; // perhaps nothing else is waited for
        }
        $this->flush();
        if ($now - $this->spoken >= $this->heartbeatInterval) {
            $batch = new Batch();
            $this->addSession($batch);
            $batch->add(Wire::HEARTBEAT);
            $this->say($batch);
        }
        $poll = new \ZMQPoll();
        $poll->add($this->socket, \ZMQ::POLL_IN);
        $readable = $writable = [];
        $patience = min($until, $this->spoken + $this->heartbeatInterval) - $now;
        try {
            $poll->poll($readable, $writable, max(1, (int)ceil(1000 * $patience)));
        } catch (\ZMQPollException) {
            return; // a signal came
        }
        while (($frames = $this->socket->recvMulti(\ZMQ::MODE_DONTWAIT)) !== false) {
            $this->unheard = null;
            foreach (Wire::commands($frames) as $command) {
                $this->take($command);
            }
        }
    }

    private function connect(): void
    {
        $this->context ??= new \ZMQContext(1, false);
        $this->socket = Wire::connect($this->context, $this->endpoints[$this->broker], $this->keys);
        $hello = new Batch();
        $hello->add(
            Wire::CLIENT_HELLO,
            Wire::VERSION,
            'steward-php',
            (int)($this->heartbeatInterval * 1000000)
        );
        $this->isWelcome = false;
        $this->unheard = null;
        $this->say($hello);
    }

    private function say(Batch $batch): void
    {
        $batch->send($this->socket) || throw new Lost('the broker has turned this connection away');
        $this->spoken = microtime(true);
        $this->unheard ??= $this->spoken;
    }

    private function disconnect(): void
    {
        $this->socket = null;
    }

    private function addSession(Batch $batch): void
    {
        $jobs = array_filter($this->open, fn (array $request) => $request['is_job']);
        $batch->begin(Wire::SESSION, $this->session, array_key_first($jobs) ?? $this->number + 1);
    }

    /** The broker would end the connection, and be sent such again on the next. False: there is none. */
    private function refuseTooLarge(): bool
    {
        $areRefused = false;
        foreach ($this->isWelcome ? array_keys($this->unsent) : [] as $number) {
            $bytes = $this->open[$number]['bytes'] + Wire::ENVELOPE_BYTES_MAX;
            if ($bytes > $this->brokersBytesMax) {
                unset($this->open[$number], $this->unsent[$number]);
                $this->answers[$number] = new Refused(self::TOO_LARGE, "the request takes about $bytes "
                    . "bytes, the broker takes messages of at most $this->brokersBytesMax "
                    . '([limits] message_bytes_max)', null);
                $areRefused = true;
            }
        }
        return $areRefused;
    }

    private function flush(): void
    {
        if (!$this->isWelcome || $this->unsent === []) {
            return;
        }
        $batch = new Batch($this->brokersBytesMax);
        $this->addSession($batch);
        foreach (array_keys($this->unsent) as $number) {
            $request = &$this->open[$number];
            $request['send']($batch, $request['sent']);
            $request['sent'] = true;
            unset($request);
        }
        $this->unsent = [];
        $this->say($batch);
    }

    private function take(Command $command): void
    {
        $number = (int)$command->field(1);
        switch ($command->type) {
            case Wire::WELCOME:
                $this->isWelcome = true;
                $this->pause = 0.05;
                $this->brokersBytesMax = $command->field(4);
                $this->unsent = array_fill_keys(array_keys($this->open), true);
                return;
            case Wire::DISCONNECT:
                throw new Lost($command->text(1));
            case Wire::JOB_PARTIAL:
                $onPart = $this->open[$number]['on_part'] ?? null;
                try {
                    $onPart !== null
                        && $onPart(Wire::decode($command->field(3), $command->payload(4)));
                } catch (\Throwable $error) { // the user's own: it ends that request
                    unset($this->open[$number], $this->unsent[$number]);
                    $this->answers[$number] = $error;
                }
                return;
            case Wire::REFUSED:
                if ($number === 0) {
                    throw new Lost($command->text(3));
                }
                break;
            case Wire::ACCEPTED:
            case Wire::RESULT:
            case Wire::REPORT:
                break;
            default:
                return;
        }
        if (isset($this->open[$number])) {
            $isJob = $this->open[$number]['is_job'];
            unset($this->open[$number], $this->unsent[$number]);
            try {
                $this->answers[$number] = $this->answer($command, $isJob);
            } catch (\JsonException $error) {
                $this->answers[$number] = new Error('the answer cannot be read: '
                    . $error->getMessage());
            }
        }
    }

    private function answer(Command $command, bool $isJob): mixed
    {
        switch ($command->type) {
            case Wire::ACCEPTED:
                return $isJob ? Wire::idText($command->field(2)) : new GoesOn();
            case Wire::REPORT:
                return json_decode((string)$command->payload(2), true, 512, JSON_THROW_ON_ERROR);
            case Wire::REFUSED:
                $pause = $command->field(4);
                return new Refused(
                    $command->field(2),
                    $command->text(3),
                    $pause === null ? null : $pause / 1000000
                );
        }
        $value = Wire::decode($command->field(5), $command->payload(6));
        $state = Wire::STATES[$command->field(3)];
        return $state === 'succeeded' ? $value
            : new JobFailed(Wire::idText($command->field(2)), $state, $command->text(4), $value);
    }
}

/** @internal the connection is to be made anew */
final class Lost extends \RuntimeException
{
}

/** @internal the answer to a wait that was too short */
final class GoesOn
{
}
