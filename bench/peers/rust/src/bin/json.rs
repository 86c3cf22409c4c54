// SPDX-License-Identifier: Apache-2.0
//! What the first argument says: `http` answers with five fields of an API Gateway v2 event, `sqs`
//! with what stands in the records of a queue. `read http|sqs FILE TIMES` reads the event of a file
//! so often without any runtime, and prints what one time takes.
use aws_lambda_events::event::apigw::ApiGatewayV2httpRequest;
use aws_lambda_events::event::sqs::SqsEvent;
use lambda_runtime::{run, service_fn, Error, LambdaEvent};
use peers as _;
use serde::Serialize;
use std::time::Instant;

#[derive(Serialize)]
struct Fields {
    method: String,
    path: String,
    state: String,
    host: String,
    id: String,
}

fn fields_of(request: ApiGatewayV2httpRequest) -> Fields {
    let host = request.headers.get("host").and_then(|value| value.to_str().ok());
    Fields {
        method: request.request_context.http.method.to_string(),
        state: request.query_string_parameters.first("state").unwrap_or_default().to_string(),
        host: host.unwrap_or_default().to_string(),
        path: request.raw_path.unwrap_or_default(),
        id: request.request_context.request_id.unwrap_or_default(),
    }
}

#[derive(Serialize)]
struct Batch {
    ids: Vec<String>,
    bytes: usize,
}

fn batch_of(event: SqsEvent) -> Batch {
    let bytes = event.records.iter().filter_map(|record| record.body.as_ref()).map(String::len).sum();
    let ids = event.records.into_iter().filter_map(|record| record.message_id).collect();
    Batch { ids, bytes }
}

fn read_http(text: &[u8]) -> Result<usize, Error> {
    let request: ApiGatewayV2httpRequest = serde_json::from_slice(text)?;
    let host = request.headers.get("host").map_or(0, |value| value.len());
    Ok(request.request_context.http.method.as_str().len()
        + request.query_string_parameters.first("state").map_or(0, str::len)
        + host
        + request.raw_path.as_ref().map_or(0, String::len)
        + request.request_context.request_id.as_ref().map_or(0, String::len))
}

fn read_sqs(text: &[u8]) -> Result<usize, Error> {
    let event: SqsEvent = serde_json::from_slice(text)?;
    Ok(event
        .records
        .iter()
        .map(|record| {
            record.message_id.as_ref().map_or(0, String::len) + record.body.as_ref().map_or(0, String::len)
        })
        .sum())
}

fn read(what: &str, path: &str, times: usize) -> Result<(), Error> {
    let read_once = if what == "http" { read_http } else { read_sqs };
    let text = std::fs::read(path)?;
    let mut length = read_once(&text)?;
    let begin = Instant::now();
    for _ in 0..times {
        length = read_once(std::hint::black_box(&text))?;
    }
    let nanoseconds = begin.elapsed().as_nanos() as f64 / times as f64;
    println!("length {length}\nnanoseconds {nanoseconds:.1}");
    Ok(())
}

async fn http(event: LambdaEvent<ApiGatewayV2httpRequest>) -> Result<Fields, Error> {
    Ok(fields_of(event.payload))
}

async fn sqs(event: LambdaEvent<SqsEvent>) -> Result<Batch, Error> {
    Ok(batch_of(event.payload))
}

async fn start(what: &str) -> Result<(), Error> {
    match what {
        "http" => run(service_fn(http)).await,
        "sqs" => run(service_fn(sqs)).await,
        _ => Err("the first argument is http, sqs or read".into()),
    }
}

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["read", what, path, times] => read(what, path, times.parse()?),
        [what] => tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?
            .block_on(start(what)),
        _ => Err("one argument: http or sqs; or four: read http|sqs FILE TIMES".into()),
    }
}
