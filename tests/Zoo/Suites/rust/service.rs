//! A suite as users write it: the test reads all that the service says before it lets the service go.
use std::io::Read;
use std::process::{Command, Stdio};

#[test]
fn address_is_parsed() {
    assert_eq!("listening on 4711".split(' ').next_back().unwrap().parse(), Ok(4711));
}

#[test]
fn service_tells_where_it_listens() {
    let program = std::env::var("SERVICE").unwrap();
    let mut service = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut words = String::new();
    service.stdout.take().unwrap().read_to_string(&mut words).unwrap();
    assert!(words.contains("4711"));
    drop(service.stdin.take());
    assert!(service.wait().unwrap().success());
}
