//! Lists the component tests, so that adding `it/<function>.rs` is all it takes to have it run.

fn main() {
    jenny_build::tests();
}
