// An idle HTTP server on a loopback port, and a client in another process that keeps its connection for the next request.
const fs = require('node:fs');
const http = require('node:http');
const { spawn } = require('node:child_process');

if (process.argv[2] === 'client') {
  const agent = new http.Agent({ keepAlive: true });
  http.get({ host: '127.0.0.1', port: process.argv[3], agent }, answer => {
    answer.resume().on('end', () => {
      fs.writeSync(99, `role client ${process.pid}\n`);
      fs.closeSync(99);
    });
  }).on('socket', socket => socket.on('close', () => process.exit(0)));
  setImmediate(() => agent.on('free', socket => socket.ref()));
} else {
  const server = http.createServer((_, answer) => answer.end('x'));
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1', () => {
    fs.writeSync(99, `role server ${process.pid}\n`);
    const stdio = Array(100).fill('ignore');
    stdio[99] = 99;
    spawn(process.execPath, [__filename, 'client', server.address().port], { stdio }).on('spawn', () => fs.closeSync(99));
  });
}
