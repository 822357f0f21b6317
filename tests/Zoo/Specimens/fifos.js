// fifos.js HOW: a FIFO at whose other end nobody is.
//
// main  the main thread opens it
// pool  a thread of the pool does, and the loop has nothing else to do
// own   the main thread reads one that it has opened for both directions and unlinked
//
// ZOO_FORM=healthy: main, own: a child is at work that may open it, or has it too; pool: the loop serves a socket.
const child = require("child_process");
const fs = require("fs");
const net = require("net");
const os = require("os");
const path = require("path");

const how = process.argv[2], healthy = process.env.ZOO_FORM === "healthy";
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "zoo-"));
const fifo = path.join(folder, "fifo");
child.spawnSync("mkfifo", [fifo]);
let end;
if (how === "own") {
    end = fs.openSync(fifo, "r+");
    fs.rmSync(folder, { recursive: true });
}
function announce() {
    fs.writeSync(99, `role runner ${process.pid}\n`);
    fs.closeSync(99);
}
if (how === "pool" && healthy)
    net.createServer().listen(path.join(folder, "socket"), announce);
else
    announce();
// What a child has of fd 99 would never let the announcement end.
if (healthy && how !== "pool")
    child.spawn("sleep", ["1000"], { stdio: ["ignore", "ignore", "ignore", ...(how === "own" ? [end] : [])] });
if (how === "main")
    fs.openSync(fifo, "r");
else if (how === "pool")
    fs.open(fifo, "r", () => {});
else
    fs.readSync(end, Buffer.alloc(1));
