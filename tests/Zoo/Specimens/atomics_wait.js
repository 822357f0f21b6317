// atomics_wait.js HOW: waits at a word of shared memory, or for one who waits there.
//   main     the main thread itself; nobody else is there
//   worker   a worker; the main thread waits for its message
// ZOO_FORM=healthy: a timer of another thread notifies those who wait.
const fs = require('node:fs');
const { Worker, isMainThread, workerData, parentPort } = require('node:worker_threads');

function announce() {
  fs.writeSync(99, `role runner ${process.pid}\n`);
  fs.closeSync(99);
}

function notifies(word) {
  const text = `const { workerData } = require('node:worker_threads'); setInterval(() => Atomics.notify(new Int32Array(workerData), 0), 100);`;
  return new Worker(text, { eval: true, workerData: word.buffer });
}

if (isMainThread) {
  const word = new Int32Array(new SharedArrayBuffer(4));
  const healthy = process.env.ZOO_FORM === 'healthy';
  if (process.argv[2] === 'worker')
    new Worker(__filename, { workerData: word.buffer }).on('message', () => process.exit());
  const begin = () => {
    announce();
    while (process.argv[2] === 'main')
      Atomics.wait(word, 0, 0);
  };
  if (healthy)
    notifies(word).on('online', begin);
  else
    setTimeout(begin, 10);
} else {
  const word = new Int32Array(workerData);
  while (Atomics.wait(word, 0, 0) !== 'never')
    ;
  parentPort.postMessage('done');
}
