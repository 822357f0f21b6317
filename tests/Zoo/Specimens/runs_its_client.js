// A server that runs a client of its own and waits for that to end (spawnSync), and so accepts nothing. ZOO_FORM=healthy: its loop turns meanwhile and accepts; the client waits for an
// answer that is not due yet.
const fs = require('node:fs');
const net = require('node:net');
const { spawn, spawnSync } = require('node:child_process');

const server = net.createServer(client => setTimeout(() => client.end('answer\n'), 200_000));
server.listen(0, '127.0.0.1', () => {
  fs.writeSync(99, `role runner ${process.pid}\n`);
  fs.closeSync(99);
  const run = process.env.ZOO_FORM === 'healthy' ? spawn : spawnSync;
  run('bash', ['-c', `exec cat </dev/tcp/127.0.0.1/${server.address().port}`], { stdio: 'ignore' });
});
