// node-collector.js orphan|waits: a child whose output is awaited to its end.
//
//   orphan  the child has exited; a program that it started in the background still has the output open: 'exit' comes, 'close' never
//   waits   the child reads its input to the end, and its parent ends that input only when the child's output has ended
//
// ZOO_FORM=working: (of orphan) the child itself is still at work.
const fs = require('node:fs');
const { spawn } = require('node:child_process');

const how = process.argv[2], exec = process.env.ZOO_EXEC;
fs.writeSync(99, `role collector ${process.pid}\n`);
const stdio = Array(100).fill('ignore');
stdio[1] = 'pipe';
stdio[99] = 99;
const program = how === 'waits' ? `exec "$0" child cat`
  : process.env.ZOO_FORM === 'working' ? `exec "$0" child sleep 1000`
  : `"$0" leftover sleep 1000 &`;
if (how === 'waits')
  stdio[0] = 'pipe';
const child = spawn('/bin/sh', ['-c', program, exec], { stdio });
child.stdout.resume();
child.on('close', () => process.exit(0));
if (how === 'waits' || process.env.ZOO_FORM === 'working')
  fs.closeSync(99);
else
  child.on('exit', () => fs.closeSync(99));
