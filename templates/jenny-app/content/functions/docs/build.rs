//! Makes what the component serves.

fn main() {
    jenny_build::docs();
}
