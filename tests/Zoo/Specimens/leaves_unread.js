// leaves_unread.js ZOO_EXEC: waits for its child to exit, and does not read what that writes: more than the socket takes.
// ZOO_FORM=healthy: a timer begins to read in the end.
const fs = require('node:fs');
const { spawn } = require('node:child_process');

const stdio = Array(100).fill('ignore');
stdio[1] = 'pipe';
stdio[99] = 99;
const child = spawn(process.argv[2], ['child', 'head', '-c', '3000000', '/dev/zero'], { stdio });
child.on('exit', () => process.exit());
if (process.env.ZOO_FORM === 'healthy')
  setTimeout(() => child.stdout.resume(), 200_000);
fs.writeSync(99, `role runner ${process.pid}\n`);
fs.closeSync(99);
