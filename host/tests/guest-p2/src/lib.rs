//! A WASIp2 component that answers every request with its method and path. The tests of
//! `jenny-host` load it.

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
            let text = format!("{method} {path}");
            stream
                .blocking_write_and_flush(text.as_bytes())
                .expect("the body is read");
            drop(stream);
            OutgoingBody::finish(body, None).expect("the body is whole");
        }
    }
}
