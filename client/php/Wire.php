<?php
/**
 * What the client and the worker of Steward share: ids, params, options and batches of commands.
 * docs/protocol.md ("The native protocol") describes the bytes. Users load Client.php or Worker.php.
 *
 * Needs the extensions zmq and msgpack (Debian: php-zmq, php-msgpack).
 */

declare(strict_types=1);

namespace Steward;

/** Bytes from the other side are not what the protocol allows. */
final class Malformed extends \RuntimeException
{
}

/** Params, a part or a result that nobody on the way looks into. */
final class Bytes
{
    public function __construct(public readonly string $bytes)
    {
    }
}

final class Wire
{
    public const MAGIC = "STW\x01";
    public const VERSION = 1;
    public const INLINE_BYTES_MAX = 4096; // a longer payload travels in a frame of its own
    public const MESSAGE_BYTES_MAX = 256 << 20; // of what is received
    public const BROKERS_BYTES_MAX = 64 << 20; // of what it takes, if it does not say
    public const ENVELOPE_BYTES_MAX = 512; // of a message that carries one payload, beside that

    public const SESSION = 1;
    public const CLIENT_HELLO = 2;
    public const SUBMIT = 3;
    public const QUERY = 4;
    public const AWAIT = 5;
    public const OPERATE = 6;
    public const WORKER_READY = 17;
    public const FINISH = 18;
    public const RETURN = 19;
    public const GOODBYE = 20;
    public const TOLD = 21;
    public const HEARTBEAT = 32;
    public const PARTIAL = 33;
    public const PROGRESS = 34;
    public const WELCOME = 64;
    public const DISCONNECT = 65;
    public const ACCEPTED = 80;
    public const REFUSED = 81;
    public const JOB_PARTIAL = 82;
    public const RESULT = 84;
    public const REPORT = 85;
    public const ASSIGN = 96;
    public const STOP_ATTEMPT = 97;
    public const RECALL = 98;
    public const REGISTER_AGAIN = 99;
    public const ASK = 100;

    public const ABSENT = 0;
    public const OPAQUE = 1;
    public const JSON = 3;
    public const MSGPACK = 4;
    public const PHP = 5;
    public const ENCODINGS = ['json' => self::JSON, 'msgpack' => self::MSGPACK, 'php' => self::PHP];

    public const SUCCEEDED = 0;
    public const FAILED = 1;
    public const FAILED_FOR_GOOD = 2;
    public const SNOOZED = 3;
    public const STATES = ['scheduled', 'ready', 'active', 'succeeded', 'failed', 'dead', 'expired',
        'cancelled', 'blocked'];

    private const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
    private const UNITS = ['us' => 1, 'ms' => 1000, 's' => 1000000, 'min' => 60000000,
        'h' => 3600000000, 'd' => 86400000000];
    private const SIZES = ['B' => 1, 'KiB' => 1 << 10, 'MiB' => 1 << 20, 'GiB' => 1 << 30,
        'TiB' => 1 << 40];
    private const PRIORITIES = ['low' => 1024, 'normal' => 2048, 'high' => 4096,
        'urgent' => 2147483647];
    private const SCOPES = ['waiting' => 0, 'running' => 1];
    private const DUPLICATES = ['drop' => 0, 'attach' => 1, 'replace' => 2];

    // ---- ids ----

    /** The 26 characters that people see. */
    public static function idText(string $raw): string
    {
        $bits = '00'; // 128 bits and two in front are 26 times five
        foreach (str_split($raw) as $byte) {
            $bits .= sprintf('%08b', ord($byte));
        }
        return implode('', array_map(
            fn (string $five) => self::ALPHABET[bindec($five)],
            str_split($bits, 5)
        ));
    }

    /** The 16 bytes of an id's text. */
    public static function idBytes(string $text): string
    {
        if (!preg_match('/^[0-7][0-9a-hjkmnp-tv-z]{25}$/', $text)) {
            throw new \InvalidArgumentException("\"$text\" is no job id: 26 characters of "
                . self::ALPHABET);
        }
        $bits = '';
        foreach (str_split($text) as $character) {
            $bits .= sprintf('%05b', strpos(self::ALPHABET, $character));
        }
        return implode('', array_map(
            fn (string $eight) => chr((int)bindec($eight)),
            str_split(substr($bits, 2), 8)
        ));
    }

    // ---- params and results ----

    /**
     * Encoding and bytes of params, a part or a result. Null is nothing, Bytes are opaque.
     *
     * @return array{int, ?string}
     */
    public static function encode(mixed $value, int $encoding = self::JSON): array
    {
        return match (true) {
            $value === null => [self::ABSENT, null],
            $value instanceof Bytes => [self::OPAQUE, $value->bytes],
            $encoding === self::MSGPACK => [self::MSGPACK, msgpack_pack($value)],
            $encoding === self::PHP => [self::PHP, serialize($value)],
            default => [self::JSON, json_encode($value, JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR
                | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION)],
        };
    }

    /** The value: objects as arrays, opaque bytes as a string. */
    public static function decode(int $encoding, ?string $bytes): mixed
    {
        return match (true) {
            $bytes === null, $encoding === self::ABSENT => null,
            $encoding === self::JSON => json_decode($bytes, true, 512, JSON_THROW_ON_ERROR),
            $encoding === self::MSGPACK => self::unpack($bytes),
            $encoding === self::PHP => unserialize($bytes, ['allowed_classes' => false]),
            default => $bytes,
        };
    }

    /** Never makes objects, whatever class the bytes name: msgpack_unpack() would, as php.ini has it. */
    private static function unpack(string $bytes): mixed
    {
        $unpacker = new \MessagePackUnpacker(false);
        $unpacker->feed($bytes);
        return $unpacker->execute() ? $unpacker->data() : false;
    }

    // ---- options ----

    /** A duration in microseconds: seconds, or a text such as "30s" or "250ms". */
    public static function micros(int|float|string $value): int
    {
        return is_string($value) ? self::quantity($value, self::UNITS, 's')
            : (int)round($value * 1000000);
    }

    /** @param array<string, int> $units */
    private static function quantity(string $text, array $units, string $unit): int
    {
        if (!preg_match('/^(\d+(?:\.\d+)?)([A-Za-z]*)$/', $text, $match)
            || !isset($units[$match[2] ?: $unit])) {
            throw new \InvalidArgumentException(
                "\"$text\" is no number with one of the units " . implode(', ', array_keys($units))
            );
        }
        return (int)round((float)$match[1] * $units[$match[2] ?: $unit]);
    }

    /** From one start to the next: "5/s", "100/min", or a number in a second. */
    private static function rate(int|float|string $value): int
    {
        if (!is_string($value)) {
            return (int)round(1000000 / $value);
        }
        [$number, $time] = explode('/', $value, 2) + [1 => ''];
        return (int)round(self::micros(ctype_digit($time[0] ?? '') ? $time : "1$time") / (float)$number);
    }

    /** @param array<string, int> $names */
    private static function named(int|string $value, array $names): int
    {
        return is_int($value) ? $value : $names[$value]
            ?? throw new \InvalidArgumentException("\"$value\" is none of "
                . implode(', ', array_keys($names)));
    }

    /**
     * Options under their documented names, as the native protocol has them.
     *
     * @param array<string, mixed> $options
     * @return ?array<string, mixed>
     */
    public static function packOptions(array $options): ?array
    {
        $packed = [];
        foreach ($options as $name => $value) {
            if ($value === null || ($name === 'meta' && $value === [])) {
                continue; // an empty map would be packed as a list
            }
            $packed[$name] = match ($name) {
                'durable' => (bool)$value,
                'priority' => self::named($value, self::PRIORITIES),
                'delay', 'expires_in', 'time_limit', 'backoff', 'backoff_max', 'result_ttl'
                    => self::micros($value),
                'run_at' => $value instanceof \DateTimeInterface
                    ? (int)$value->format('Uu') : (int)round($value * 1000000),
                'memory_limit' => is_string($value) ? self::quantity($value, self::SIZES, 'B') : $value,
                'max_attempts', 'group_limit', 'group_weight' => (int)$value,
                'group_rate' => self::rate($value),
                'channel', 'context', 'group', 'batch' => (string)$value,
                'unique' => $value === true ? true : (string)$value,
                'unique_scope' => self::named($value, self::SCOPES),
                'on_duplicate' => self::named($value, self::DUPLICATES),
                'after' => array_map([self::class, 'idBytes'], array_values($value)),
                'meta' => array_map('strval', $value),
                default => throw new \InvalidArgumentException("there is no option \"$name\""),
            };
        }
        return $packed ?: null;
    }

    // ---- brokers ----

    /**
     * "host", "host:port", "tcp://…", a list of them or one text with commas, as endpoints.
     *
     * @param string|list<string> $brokers
     * @return non-empty-list<string>
     */
    public static function endpoints(string|array $brokers, int $port): array
    {
        $found = [];
        foreach (is_string($brokers) ? explode(',', $brokers) : $brokers as $text) {
            $text = trim($text);
            $address = str_starts_with($text, 'tcp://') ? substr($text, 6) : $text;
            if ($address === '') {
                throw new \InvalidArgumentException('a broker\'s address is missing: write HOST or '
                    . 'HOST:PORT');
            }
            if (str_contains($address, '://')) {
                $found[] = $address;
                continue;
            }
            $hasPort = preg_match('/^(\[[^]]*\]|[^:]*):\d+$/', $address);
            $found[] = "tcp://$address" . ($hasPort ? '' : ":$port");
        }
        return $found;
    }

    // ---- messages ----

    /**
     * The keys that the environment names, if it does (docs/security.md): the own secret and public
     * one, and the broker's.
     *
     * @return list<string>
     */
    public static function ownKeys(): array
    {
        $own = (string)getenv('STEWARD_KEY_FILE');
        $server = (string)getenv('STEWARD_SERVER_KEY_FILE');
        if (($own === '') !== ($server === '')) {
            throw new \InvalidArgumentException(
                'STEWARD_KEY_FILE and STEWARD_SERVER_KEY_FILE belong together'
            );
        }
        return $own === '' ? [] : [
            self::keyOf($own, 'secret_key'),
            self::keyOf($own, 'public_key'),
            self::keyOf($server, 'public_key'),
        ];
    }

    private static function keyOf(string $path, string $setting): string
    {
        $mode = @fileperms($path);
        if ($setting === 'secret_key' && $mode !== false && ($mode & 077) !== 0) {
            throw new \InvalidArgumentException(
                "$path: others may read or write this secret key; chmod 600 $path"
            );
        }
        $text = (string)@file_get_contents($path);
        if (preg_match('/^' . $setting . ' = "([!-~]{40})"$/m', $text, $found) !== 1) {
            throw new \InvalidArgumentException("$path: there is no $setting in it");
        }
        return $found[1];
    }

    /** @param list<string> $keys */
    public static function connect(\ZMQContext $context, string $endpoint, array $keys): \ZMQSocket
    {
        $socket = new \ZMQSocket($context, \ZMQ::SOCKET_DEALER);
        $socket->setSockOpt(\ZMQ::SOCKOPT_LINGER, 0);
        $socket->setSockOpt(\ZMQ::SOCKOPT_SNDHWM, 0);
        $socket->setSockOpt(\ZMQ::SOCKOPT_MAXMSGSIZE, self::MESSAGE_BYTES_MAX);
        if ($keys !== []) {
            $socket->setSockOpt(\ZMQ::SOCKOPT_CURVE_SECRETKEY, $keys[0]);
            $socket->setSockOpt(\ZMQ::SOCKOPT_CURVE_PUBLICKEY, $keys[1]);
            $socket->setSockOpt(\ZMQ::SOCKOPT_CURVE_SERVERKEY, $keys[2]);
        }
        $socket->connect($endpoint);
        return $socket;
    }

    /**
     * The commands of a message.
     *
     * @param list<string> $frames
     * @return list<Command>
     */
    public static function commands(array $frames): array
    {
        if (!str_starts_with($frames[0] ?? '', self::MAGIC)) {
            throw new Malformed('a message that is not of this protocol');
        }
        $commands = [];
        $unpacker = new \MessagePackUnpacker(false);
        $unpacker->feed(substr($frames[0], strlen(self::MAGIC)));
        while ($unpacker->execute()) {
            $fields = $unpacker->data();
            $unpacker->reset();
            if (!is_array($fields) || !is_int($fields[0] ?? null)) {
                throw new Malformed('a command that is no array');
            }
            $commands[] = new Command($fields, $frames);
        }
        return $commands;
    }
}

/** Commands that leave together: as one message, or when they are much as several. */
final class Batch
{
    // Of several commands; a larger one goes alone. So there are never too many commands or frames.
    private const BYTES_MAX = 1 << 20;

    private int $bytesMax;
    /** @var list<list<string>> the messages before the last */
    private array $full = [];
    private string $head = Wire::MAGIC; // of each message
    private string $commands = Wire::MAGIC;
    /** @var list<string> */
    private array $frames = [];
    private int $bytes = 0; // of the frames

    /** @param int $brokersMax bytes of a message that the broker takes */
    public function __construct(int $brokersMax = Wire::BROKERS_BYTES_MAX)
    {
        $this->bytesMax = min(self::BYTES_MAX, intdiv($brokersMax, 2)); // one that is added last may pass it
    }

    /** The first command: it is said again in each message. */
    public function begin(mixed ...$fields): void
    {
        $this->head .= msgpack_pack($fields);
        $this->commands = $this->head;
    }

    /** A command: its type and fields. A payload field is made by payload(). */
    public function add(mixed ...$fields): void
    {
        $this->append(msgpack_pack($fields));
    }

    /** A command of fields that are packed already. */
    public function addPacked(string ...$fields): void
    {
        $this->append(chr(0x90 | count($fields)) . implode('', $fields));
    }

    private function append(string $command): void
    {
        $this->commands .= $command;
        $this->makeRoom(0);
    }

    private function makeRoom(int $bytes): void
    {
        if ($this->commands !== $this->head
            && strlen($this->commands) + $this->bytes + $bytes > $this->bytesMax) {
            $this->full[] = [$this->commands, ...$this->frames];
            $this->commands = $this->head;
            $this->frames = [];
            $this->bytes = 0;
        }
    }

    /** The field for these bytes: themselves, or the index of a frame of their own. */
    public function payload(?string $bytes): null|int|string
    {
        if ($bytes === null || strlen($bytes) <= Wire::INLINE_BYTES_MAX) {
            return $bytes;
        }
        $this->makeRoom(strlen($bytes));
        $this->frames[] = $bytes;
        $this->bytes += strlen($bytes);
        return count($this->frames);
    }

    public function isEmpty(): bool
    {
        return $this->full === [] && $this->commands === $this->head;
    }

    /** Never waits. False: the broker has turned this connection away, which would be for ever. */
    public function send(\ZMQSocket $socket): bool
    {
        $last = $this->commands === $this->head && $this->full !== []
            ? [] : [[$this->commands, ...$this->frames]];
        foreach ([...$this->full, ...$last] as $message) {
            if ($socket->sendMulti($message, \ZMQ::MODE_DONTWAIT) === false) {
                return false;
            }
        }
        return true;
    }
}

/** How a worker is, for monitoring: a line of text and counters, at most 256. */
final class Check
{
    /** @var list<array<string, mixed>> */
    private array $counters = [];

    public function __construct(private string $text, private bool $isPrivileged)
    {
    }

    public function count(string $name, int|float $value, string $unit = '', ?int $most = null): void
    {
        if (count($this->counters) < 256) {
            $this->counters[] = ['name' => $name, 'value' => round($value, 6), 'unit' => $unit,
                'min' => 0, 'max' => $most];
        }
    }

    /** Of this process and the children that have ended. */
    public function countProcess(): void
    {
        $micros = 0;
        foreach ([getrusage(), getrusage(1)] as $used) {
            $micros += 1000000 * ($used['ru_utime.tv_sec'] + $used['ru_stime.tv_sec'])
                + $used['ru_utime.tv_usec'] + $used['ru_stime.tv_usec'];
        }
        $this->count('memory', memory_get_usage(true), 'B');
        $this->count('cpu', $micros / 1000000, 's');
    }

    /**
     * Those of the program's own; when it fails, that is told beside the others.
     *
     * @param callable(): array<string, int|float> $tell
     */
    public function countOwn(callable $tell): void
    {
        try {
            foreach ($tell() as $name => $value) {
                $this->count((string)$name, $value);
            }
        } catch (\Throwable $error) {
            $this->text .= '; its own counters failed: ' . $error::class . ': ' . $error->getMessage();
        }
    }

    public function toJson(): string
    {
        $all = ['text' => substr($this->text, 0, 1000), 'privileged' => $this->isPrivileged,
            'counters' => $this->counters];
        return json_encode($all, JSON_INVALID_UTF8_SUBSTITUTE | JSON_PARTIAL_OUTPUT_ON_ERROR);
    }
}

/** A command that came. Fields that are missing at its end are null. */
final class Command
{
    public readonly int $type;

    /**
     * @param list<mixed> $fields
     * @param list<string> $frames
     */
    public function __construct(private array $fields, private array $frames)
    {
        $this->type = $fields[0];
    }

    public function field(int $index): mixed
    {
        return $this->fields[$index] ?? null;
    }

    public function text(int $index): string
    {
        return (string)$this->field($index);
    }

    public function payload(int $index): ?string
    {
        $value = $this->field($index);
        if (!is_int($value)) {
            return $value;
        }
        return $value > 0 && isset($this->frames[$value]) ? $this->frames[$value]
            : throw new Malformed('a payload names a frame that there is not');
    }
}
