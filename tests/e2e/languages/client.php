<?php
// A client for tests: each line of its input is [method, arguments], each of its output the answer.
// usage: client.php FRONTEND [ENCODING]

declare(strict_types=1);

require __DIR__ . '/../../../client/php/Client.php';

$client = new Steward\Client($argv[1], encoding: $argv[2] ?? 'json', timeout: 60.0, heartbeatInterval: 1.0);

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

function told(mixed $answer): array
{
    return match (true) {
        $answer instanceof Steward\JobFailed => ['error' => 'JobFailed', 'text' => $answer->getMessage(),
            'state' => $answer->state, 'job' => $answer->job],
        $answer instanceof Steward\Refused => ['error' => 'Refused', 'code' => $answer->getCode(),
            'later' => $answer->mayWorkLater()],
        $answer instanceof Throwable => ['error' => (new ReflectionClass($answer))->getShortName(),
            'text' => $answer->getMessage()],
        default => ['answer' => $answer],
    };
}

while (($line = fgets(STDIN)) !== false) {
    [$method, $arguments] = json_decode($line, true, 512, JSON_THROW_ON_ERROR);
    $parts = [];
    if (($arguments['onPart'] ?? false) === true) {
        $arguments['onPart'] = function (mixed $part) use (&$parts): void {
            $parts[] = $part;
            count($parts) === 3 && touch(getenv('STEWARD_TEST_GO'));
        };
    }
    if (isset($arguments['raw'])) {
        $arguments['params'] = new Steward\Bytes($arguments['raw']);
        unset($arguments['raw']);
    }
    if (isset($arguments['marked'])) {
        $arguments['params'] = new Marked($arguments['marked']);
        unset($arguments['marked']);
    }
    try {
        $answer = told($client->$method(...$arguments));
        if (in_array($method, ['submitMany', 'callMany'], true)) {
            $answer = ['answer' => array_map('told', $answer['answer'])];
        }
    } catch (Throwable $error) {
        $answer = told($error);
    }
    $answer['parts'] = $parts;
    echo json_encode($answer, JSON_THROW_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE), "\n";
}
