//! A WASIp2 component that calls what `/interface/…` and `/connect/…` say, and answers every other
//! request with its method and path. The tests of `jenny-host` load it.

#[cfg(target_arch = "wasm32")]
mod chance;
#[cfg(target_arch = "wasm32")]
mod interfaces;

#[cfg(target_arch = "wasm32")]
mod component {
    use wasip2::exports::http::incoming_handler::Guest;
    use wasip2::http::types::{
        Fields, IncomingRequest, Method, OutgoingBody, OutgoingResponse, ResponseOutparam,
    };

    struct Component;

    wasip2::http::proxy::export!(Component);

    impl Guest for Component {
        fn handle(request: IncomingRequest, answer: ResponseOutparam) {
            let path = request.path_with_query().unwrap_or_default();
            let method = match request.method() {
                Method::Get => "GET",
                _ => "another method than GET",
            };
            let response = OutgoingResponse::new(Fields::new());
            let body = response.body().expect("it is asked for once");
            ResponseOutparam::set(answer, Ok(response));
            let stream = body.write().expect("it is asked for once");
            let text = match path[1..].split_once('/') {
                Some(("wait", how)) => super::chance::wait(how),
                Some(("draw", _)) => super::chance::draw(),
                Some(("interface", "postgres")) => {
                    let address = request.headers().get("x-address").concat();
                    super::interfaces::postgres(&String::from_utf8_lossy(&address))
                }
                Some(("interface", name)) => super::interfaces::call(name),
                Some(("connect", address)) => match std::net::TcpStream::connect(address) {
                    Ok(_) => "connected".to_owned(),
                    Err(error) => error.to_string(),
                },
                _ => format!("{method} {path}"),
            };
            for chunk in text.as_bytes().chunks(4096) {
                stream
                    .blocking_write_and_flush(chunk)
                    .expect("the body is read");
            }
            drop(stream);
            OutgoingBody::finish(body, None).expect("the body is whole");
        }
    }
}
