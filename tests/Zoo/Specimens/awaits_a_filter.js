// awaits_a_filter.js ZOO_EXEC HOW: asks something of a filter, keeps its input open, and awaits its answer. Node gives its children sockets.
//
// hang      nothing else is to happen
// listens   it is a server as well: a client may come, and bring the end of the input
//
// ZOO_FORM=healthy: a timer closes the input in the end.
const fs = require('node:fs');
const net = require('node:net');
const { spawn } = require('node:child_process');

const stdio = Array(100).fill('ignore');
stdio[0] = stdio[1] = 'pipe';
stdio[99] = 99;
const filter = spawn(process.argv[2], ['filter', 'cat'], { stdio });
if (process.env.ZOO_FORM === 'healthy')
  setTimeout(() => filter.stdin.end(), 200_000);
filter.stdin.write('word\n');
filter.stdout.once('data', () => {
  filter.stdout.on('data', () => {});
  if (process.argv[3] === 'listens')
    net.createServer(() => filter.stdin.end()).listen(0, '127.0.0.1', inPlace);
  else
    inPlace();
});

function inPlace() {
  fs.writeSync(99, `role runner ${process.pid}\n`);
  fs.closeSync(99);
}
