// child: waits for the end of a child that waits for the end of its stdin. atomics, sync: the JavaScript thread itself waits.
'use strict';
const { spawn } = require('child_process');
const { readSync, writeSync } = require('fs');

function waitForEnd(how) {
  if (how === 'child') {
    const child = spawn('cat', { stdio: ['pipe', 'pipe', 'inherit'] });
    child.on('close', () => process.exit());
    process.stdin.on('data', () => writeSync(1, 'a'));
    writeSync(1, 'r');
  }
  while (how === 'sync' && writeSync(1, 'r') && readSync(0, Buffer.alloc(1))); // HERE sync
  while (how === 'atomics' && writeSync(1, 'r') && Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)); // HERE atomics
}

waitForEnd(process.argv[2]);
