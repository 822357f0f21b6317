// std-locks self|join|abba: locks without an owner word. ZOO_FORM=healthy: whoever has one, or is joined under it, sleeps.
use std::fs::File;
use std::io::Write;
use std::os::fd::FromRawFd;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Duration;

fn main() {
    let form = std::env::args().nth(1).unwrap_or_default();
    let healthy = std::env::var("ZOO_FORM").is_ok_and(|form| form == "healthy");
    let mut ready = unsafe { File::from_raw_fd(99) };
    writeln!(ready, "role std-locks {}", std::process::id()).unwrap();
    if form == "self" {
        let lock = Mutex::new(0);
        let held = lock.lock();
        drop(ready);
        while healthy {
            thread::sleep(Duration::from_millis(50));
        }
        let again = lock.lock();
        drop((held, again));
        return;
    }
    if form == "join" {
        let lock = Arc::new(Mutex::new(0));
        let held = lock.lock();
        let shared = lock.clone();
        let worker = thread::spawn(move || {
            while healthy {
                thread::sleep(Duration::from_millis(50));
            }
            *shared.lock().unwrap() += 1;
        });
        drop(ready);
        worker.join().unwrap();
        drop(held);
        return;
    }
    let locks = Arc::new([Mutex::new(0), Mutex::new(0)]);
    let both = Arc::new(Barrier::new(3));
    let threads: Vec<_> = (0..2)
        .map(|me| {
            let (locks, both) = (locks.clone(), both.clone());
            thread::spawn(move || {
                let held = locks[me].lock();
                both.wait();
                while healthy && me == 0 {
                    thread::sleep(Duration::from_millis(50));
                }
                let other = locks[1 - me].lock();
                drop((held, other));
            })
        })
        .collect();
    both.wait();
    drop(ready);
    for thread in threads {
        thread.join().unwrap();
    }
}
