//! The traits and types that `bindgen!` makes of `wit/world.wit`.
//!
//! A function that WIT declares `async` becomes a function over an `Accessor`: it runs beside the
//! other tasks of its instance. The others are `async` here too, so that they need not block a
//! thread, but the component model lets nothing else of the instance run meanwhile.

#![allow(missing_docs, unreachable_pub, reason = "generated code")]

wasmtime::component::bindgen!({
    path: "wit",
    world: "jenny:host/spin",
    imports: {
        "fermyon:spin/key-value@2.0.0.[drop]store": trappable,
        "fermyon:spin/mqtt@2.0.0.[drop]connection": trappable,
        "fermyon:spin/mysql@2.0.0.[drop]connection": trappable,
        "fermyon:spin/postgres@2.0.0.[drop]connection": trappable,
        "fermyon:spin/redis@2.0.0.[drop]connection": trappable,
        "fermyon:spin/sqlite@2.0.0.[drop]connection": trappable,
        "spin:key-value/key-value.[drop]store": trappable,
        "spin:mqtt/mqtt.[drop]connection": trappable,
        "spin:mysql/mysql.[drop]connection": trappable,
        "spin:postgres/postgres@3.0.0.[drop]connection": trappable,
        "spin:postgres/postgres@4.2.0.[drop]connection": trappable,
        "spin:postgres/postgres@4.2.0.[drop]connection-builder": trappable,
        "spin:redis/redis.[drop]connection": trappable,
        "spin:sqlite/sqlite.[drop]connection": trappable,
        "wasi:keyvalue/store.[drop]bucket": trappable,
        "wasi:keyvalue/atomics.[drop]cas": trappable,
        default: async | trappable,
    },
    with: {
        "fermyon:spin/key-value@2.0.0.store": crate::bindings::key_value::Store,
        "fermyon:spin/mqtt@2.0.0.connection": crate::bindings::mqtt::Connection,
        "fermyon:spin/mysql@2.0.0.connection": crate::bindings::mysql::Connection,
        "fermyon:spin/postgres@2.0.0.connection": crate::bindings::postgres::Connection,
        "fermyon:spin/redis@2.0.0.connection": crate::bindings::redis::Connection,
        "fermyon:spin/sqlite@2.0.0.connection": crate::bindings::sqlite::Connection,
        "spin:key-value/key-value.store": crate::bindings::key_value::Store,
        "spin:mqtt/mqtt.connection": crate::bindings::mqtt::Connection,
        "spin:mysql/mysql.connection": crate::bindings::mysql::Connection,
        "spin:postgres/postgres@3.0.0.connection": crate::bindings::postgres::Connection,
        "spin:postgres/postgres@4.2.0.connection": crate::bindings::postgres::Connection,
        "spin:postgres/postgres@4.2.0.connection-builder": crate::bindings::postgres::ConnectionBuilder,
        "spin:redis/redis.connection": crate::bindings::redis::Connection,
        "spin:sqlite/sqlite.connection": crate::bindings::sqlite::Connection,
        "wasi:keyvalue/store.bucket": crate::bindings::wasi_key_value::Bucket,
        "wasi:keyvalue/atomics.cas": crate::bindings::wasi_key_value::Cas,
    },
    require_store_data_send: true,
});
