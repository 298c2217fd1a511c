<?php
// A script for php-fpm: does as its params say.
$order = json_decode(file_get_contents('php://input'), true) ?? [];
if (isset($order['mark'])) { file_put_contents($order['mark'], getmypid() . "\n"); }
while (isset($order['until']) && !file_exists($order['until'])) { clearstatcache(); usleep(20000); }
if (isset($order['complain'])) { error_log($order['complain']); }
if (isset($order['throw'])) { throw new RuntimeException($order['throw']); }
http_response_code($order['status'] ?? 200);
foreach ($order['headers'] ?? [] as $header) { header($header); }
if (isset($order['die'])) { exec('kill -9 ' . getmypid()); }
if (isset($order['tell'])) {
    header('Content-Type: application/json');
    echo json_encode(['id' => $_SERVER['STEWARD_JOB_ID'], 'attempt' => $_SERVER['STEWARD_JOB_ATTEMPT'],
        'meta' => $_SERVER['STEWARD_JOB_META_TRACE'] ?? null, 'method' => $_SERVER['REQUEST_METHOD'],
        'type' => $_SERVER['CONTENT_TYPE'], 'pid' => getmypid()]);
}
if (isset($order['memory'])) { echo ini_get('memory_limit'); }
echo $order['print'] ?? '', str_repeat('x', $order['size'] ?? 0);
