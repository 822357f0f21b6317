// An idle HTTP server on a loopback port.
const fs = require('node:fs');
const http = require('node:http');

http.createServer((_, answer) => answer.end()).listen(0, '127.0.0.1', () => {
  fs.writeSync(99, `role server ${process.pid}\n`);
  fs.closeSync(99);
});
