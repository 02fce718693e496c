//! What v1 sends, in the form of one create and its connects: v1 makes a container, takes it off its
//! first network, and connects it to all of them at the start, with its short id among the aliases.
//! The engine adds that alias of its own.

use std::time::Duration;

use serde_json::{Value, json};

/// The calls that would have led to the same containers at once.
pub(super) fn settled(calls: &[Value]) -> Vec<Value> {
    let mut settled = Vec::new();
    for call in calls {
        let path = call["p"].as_str().unwrap();
        if path == "/containers/create" {
            settled.push(create(call, calls));
        } else if path.ends_with("/connect") && !is_reconnect(call, calls) {
            let mut call = call.clone();
            forget_short_id(&mut call["body"]["EndpointConfig"]);
            settled.push(call);
        } else if !path.ends_with("connect") {
            settled.push(call.clone());
        }
    }
    settled
}

fn is_reconnect(connect: &Value, calls: &[Value]) -> bool {
    let path = connect["p"].as_str().unwrap().replace("/connect", "/disconnect");
    let container = &connect["body"]["Container"];
    calls.iter().any(|call| call["p"] == path && call["body"]["Container"] == *container)
}

/// The create with the endpoint that is connected at the start.
fn create(call: &Value, calls: &[Value]) -> Value {
    let mut call = call.clone();
    let name = call["q"]["name"].clone();
    let body = &mut call["body"];
    if let Some(endpoints) = body["NetworkingConfig"]["EndpointsConfig"].as_object_mut() {
        for (network, endpoint) in endpoints {
            let path = format!("/networks/{network}/connect");
            let mut calls = calls.iter();
            let again = calls.find(|call| call["p"] == path && call["body"]["Container"] == name);
            *endpoint = again.unwrap()["body"]["EndpointConfig"].clone();
            forget_short_id(endpoint);
        }
    }
    respell(body);
    call
}

fn forget_short_id(endpoint: &mut Value) {
    let is_id = |alias: &Value| {
        let alias = alias.as_str().unwrap();
        alias.len() == 12 && alias.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    endpoint["Aliases"].as_array_mut().unwrap().retain(|alias| !is_id(alias));
}

/// Values the engine reads as the ones v2 sends.
fn respell(body: &mut Value) {
    // The engine wants whole seconds.
    if let Some(seconds) = body["StopTimeout"].as_f64() {
        body["StopTimeout"] = json!(Duration::from_secs_f64(seconds).as_secs());
    }
    let host = &mut body["HostConfig"];
    for part in ["Period", "Runtime"] {
        // It reads keys in any case.
        host[format!("CpuRealtime{part}")] = host[format!("CPURealtime{part}")].take();
    }
    for value in host["LogConfig"]["Config"].as_object_mut().unwrap().values_mut() {
        match value {
            Value::Number(number) => *value = json!(number.to_string()),
            Value::Null => *value = json!(""),
            _ => {}
        }
    }
    for bind in host["Binds"].as_array_mut().unwrap() {
        *bind = json!(explicit(bind.as_str().unwrap()));
    }
}

/// A bind string with its access first and without what no engine heeds.
fn explicit(bind: &str) -> String {
    let (what, options) = bind.rsplit_once(':').unwrap();
    let mut options: Vec<&str> = options.split(',').filter(|option| *option != "cached").collect();
    let rank = |option: &str| match option {
        "ro" | "rw" => 0,
        "z" | "Z" => 1,
        _ => 2,
    };
    if !options.iter().any(|option| rank(option) == 0) {
        options.push("rw");
    }
    options.sort_by_key(|option| rank(option));
    format!("{what}:{}", options.join(","))
}
