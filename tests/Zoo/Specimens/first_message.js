// Two that speak over a channel, and each waits for the first message of the other. ZOO_FORM=healthy: a timer sends one in the end.
const fs = require('node:fs');
const { spawn } = require('node:child_process');

const isParent = process.argv[2] !== 'child';
let other = process;
if (isParent) {
  const stdio = Array(100).fill('ignore');
  stdio[3] = 'ipc';
  stdio[99] = 99;
  other = spawn(process.execPath, [__filename, 'child'], { stdio });
  if (process.env.ZOO_FORM === 'healthy')
    setTimeout(() => other.send('first'), 200_000);
}
other.on('message', () => other.send('answer'));
fs.writeSync(99, `role ${isParent ? 'parent' : 'child'} ${process.pid}\n`);
fs.closeSync(99);
