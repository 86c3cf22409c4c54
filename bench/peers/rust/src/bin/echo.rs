// SPDX-License-Identifier: Apache-2.0
//! One worker that echoes the event's JSON text: validated, but no tree is built. There is no type
//! for a handler of plain bytes.
use lambda_runtime::{run, service_fn, Error, LambdaEvent};
use peers as _;
use serde_json::value::RawValue;

async fn echo(event: LambdaEvent<Box<RawValue>>) -> Result<Box<RawValue>, Error> {
    Ok(event.payload)
}

fn main() -> Result<(), Error> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(run(service_fn(echo)))
}
