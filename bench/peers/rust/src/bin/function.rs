// SPDX-License-Identifier: Apache-2.0
//! What the first argument says, by AWS_LAMBDA_MAX_CONCURRENCY workers: `echo` of the event's JSON
//! text, `sleep` for 5 ms and echo, `stream` as many bytes as the event says in writes of the size
//! it says. A second argument `threads` takes the runtime that the library's examples take, with a
//! thread for each CPU; without it all runs on one thread.
use bytes::Bytes;
use lambda_runtime::streaming::{channel, Body, Response};
use lambda_runtime::{run, run_concurrent, service_fn, Error, LambdaEvent};
use peers as _;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::time::Duration;

type Event = LambdaEvent<Box<RawValue>>;

async fn echo(event: Event) -> Result<Box<RawValue>, Error> {
    Ok(event.payload)
}

async fn sleep(event: Event) -> Result<Box<RawValue>, Error> {
    tokio::time::sleep(Duration::from_millis(5)).await;
    Ok(event.payload)
}

#[derive(Deserialize)]
struct Wanted {
    bytes: usize,
    write: usize,
}

async fn stream(event: LambdaEvent<Wanted>) -> Result<Response<Body>, Error> {
    let (mut sender, body) = channel();
    tokio::spawn(async move {
        let piece = Bytes::from(vec![b'x'; event.payload.write]);
        let mut left = event.payload.bytes;
        while left != 0 {
            let size = piece.len().min(left);
            if sender.send_data(piece.slice(..size)).await.is_err() {
                return;
            }
            left -= size;
        }
    });
    Ok(Response::from(body))
}

async fn start(what: String) -> Result<(), Error> {
    match what.as_str() {
        "echo" => run_concurrent(service_fn(echo)).await,
        "sleep" => run_concurrent(service_fn(sleep)).await,
        "stream" => run(service_fn(stream)).await,
        _ => Err("the first argument is echo, sleep or stream".into()),
    }
}

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().collect();
    let what = arguments.get(1).cloned().unwrap_or_default();
    let mut builder = match arguments.get(2).map(String::as_str) {
        Some("threads") => tokio::runtime::Builder::new_multi_thread(),
        _ => tokio::runtime::Builder::new_current_thread(),
    };
    builder.enable_all().build()?.block_on(start(what))
}
