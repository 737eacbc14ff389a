//! Tests that must fail, seen from outside.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use futures::FutureExt as _;

/// How a test failed.
pub(crate) struct Failure {
    pub(crate) message: String,
    /// The file that the panic points at.
    pub(crate) file: String,
}

impl Failure {
    /// Asserts that all of these are in the message.
    #[track_caller]
    pub(crate) fn says(&self, parts: &[&str]) -> &Self {
        for part in parts {
            let message = &self.message;
            assert!(message.contains(part), "{part:?} is missing in: {message}");
        }
        self
    }
}

thread_local! {
    /// The file of the last panic, while somebody waits for one.
    static WATCHED: RefCell<Option<String>> = const { RefCell::new(None) };
}

fn watch() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |panic| {
            let watched = WATCHED.with_borrow_mut(|file| {
                let Some(file) = file else {
                    return false;
                };
                *file = panic
                    .location()
                    .map_or_else(String::new, |at| at.file().to_owned());
                true
            });
            if !watched {
                usual(panic);
            }
        }));
    });
    WATCHED.set(Some(String::new()));
}

#[track_caller]
fn failure(result: Result<(), Box<dyn Any + Send>>) -> Failure {
    let file = WATCHED.take().unwrap_or_default();
    let Err(panic) = result else {
        panic!("it did not fail");
    };
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let message = text.or_else(|| panic.downcast_ref::<String>().cloned());
    Failure {
        message: message.expect("a panic has a text"),
        file,
    }
}

/// What becomes of something that must fail.
#[track_caller]
pub(crate) fn failing<T>(test: impl FnOnce() -> T) -> Failure {
    watch();
    failure(catch_unwind(AssertUnwindSafe(|| drop(test()))))
}

/// What becomes of something that must fail, and takes its time.
pub(crate) async fn failing_future<T>(test: impl Future<Output = T>) -> Failure {
    watch();
    failure(AssertUnwindSafe(test).catch_unwind().await.map(drop))
}
