// waits_for_exit.js ZOO_EXEC: waits for its child to exit; the child waits for the end of its input, which nobody writes.
// ZOO_FORM=healthy: a timer closes the input in the end.
const fs = require('node:fs');
const { spawn } = require('node:child_process');

const stdio = Array(100).fill('ignore');
stdio[0] = 'pipe';
stdio[99] = 99;
const child = spawn(process.argv[2], ['child', 'cat'], { stdio });
child.on('exit', () => process.exit());
if (process.env.ZOO_FORM === 'healthy')
  setTimeout(() => child.stdin.end(), 200_000);
fs.writeSync(99, `role runner ${process.pid}\n`);
fs.closeSync(99);
